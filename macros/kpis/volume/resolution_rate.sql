{#- Share of the tickets created that are solved now; percent. Card: resolution_rate. -#}
{% macro resolution_rate(ticket_id, is_solved, part='value') -%}
    {{ ratio(count_if(is_solved), 'count(' ~ ticket_id ~ ')', scale=100, part=part) }}
{%- endmacro %}
