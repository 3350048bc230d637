{#- Solved tickets per business day of the period. Card: tickets_resolved_per_business_day. -#}
{% macro tickets_resolved_per_business_day(is_solved, business_days, part='value') -%}
    {{ ratio(count_if(is_solved), business_days, part=part) }}
{%- endmacro %}
