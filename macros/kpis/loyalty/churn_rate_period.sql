{#- Share of the customers active at any time of the period who are not on its last day; percent.
    Counts of customers, or 1 and 0 on a row per customer. Card: churn_rate_period. -#}
{% macro churn_rate_period(customers_before, customers_joined, customers_gone, part='value') -%}
    {{ ratio(
        'sum(' ~ customers_gone ~ ')',
        'sum(' ~ customers_before ~ ') + sum(' ~ customers_joined ~ ')',
        scale=100,
        part=part
    ) }}
{%- endmacro %}
