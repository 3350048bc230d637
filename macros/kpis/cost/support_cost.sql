{#- What support cost, in the reporting currency. Card: support_cost. -#}
{% macro support_cost(cost_amount, part='value') -%}
    {{ total(exact_sum(cost_amount), part) }}
{%- endmacro %}
