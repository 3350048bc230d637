{#- Share of tickets first handled at tier 1 that were escalated; percent. Card: escalation_rate. -#}
{% macro escalation_rate(is_counted, is_escalated, part='value') -%}
    {{ ratio(count_if(is_counted ~ ' and ' ~ is_escalated), count_if(is_counted), scale=100, part=part) }}
{%- endmacro %}
