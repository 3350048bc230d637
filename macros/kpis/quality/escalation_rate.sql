{#- Share of tickets first handled at tier 1 that were escalated; percent. Card: escalation_rate. -#}
{% macro escalation_rate(is_counted, is_escalated, part='value') -%}
    {{ share(is_counted, is_escalated, part) }}
{%- endmacro %}
