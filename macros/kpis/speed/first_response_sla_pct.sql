{#- Share of first replies within their SLA target; percent. Null = no target. Card: first_response_sla_pct. -#}
{% macro first_response_sla_pct(is_within_sla, part='value') -%}
    {{ ratio(count_if(is_within_sla), 'count(' ~ is_within_sla ~ ')', scale=100, part=part) }}
{%- endmacro %}
