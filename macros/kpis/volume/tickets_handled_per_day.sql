{#- Tickets worked on per day, each once a day, summed over days, per calendar day of the period. Over rows of one ticket
    and day; `is_counted` is true on one of the rows that a ticket has on a day. Card: tickets_handled_per_day. -#}
{% macro tickets_handled_per_day(is_counted, days, part='value') -%}
    {{ ratio(count_if(is_counted), days, part=part) }}
{%- endmacro %}
