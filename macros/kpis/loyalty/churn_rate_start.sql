{#- Share of the customers active before the period who are not on its last day; percent.
    Counts of customers, or 1 and 0 on a row per customer. Card: churn_rate_start. -#}
{% macro churn_rate_start(customers_before, customers_lost, part='value') -%}
    {{ ratio('sum(' ~ customers_lost ~ ')', 'sum(' ~ customers_before ~ ')', scale=100, part=part) }}
{%- endmacro %}
