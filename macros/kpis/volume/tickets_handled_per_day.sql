{#- Distinct tickets worked on per day, summed over days, per calendar day of the period.
    `ticket_day` names a ticket on a day. Card: tickets_handled_per_day. -#}
{% macro tickets_handled_per_day(ticket_day, days, part='value') -%}
    {{ ratio('count(distinct ' ~ ticket_day ~ ')', days, part=part) }}
{%- endmacro %}
