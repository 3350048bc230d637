{#- Number of tickets solved now. Card: tickets_resolved. -#}
{% macro tickets_resolved(is_solved, part='value') -%}
    {{ total(count_if(is_solved), part) }}
{%- endmacro %}
