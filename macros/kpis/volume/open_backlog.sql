{#- Tickets created and not solved: the sum of the changes so far. Card: open_backlog. -#}
{% macro open_backlog(change, part='value') -%}
    {{ total('coalesce(sum(' ~ change ~ '), 0)', part) }}
{%- endmacro %}
