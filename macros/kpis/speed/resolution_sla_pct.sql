{#- Share of solved tickets within their resolution target; percent. Null = no target. Card: resolution_sla_pct. -#}
{% macro resolution_sla_pct(is_within_sla, part='value') -%}
    {{ ratio(count_if(is_within_sla), 'count(' ~ is_within_sla ~ ')', scale=100, part=part) }}
{%- endmacro %}
