{#- Share of the customers active before the period who are so on its last day; percent.
    Counts of customers, or 1 and 0 on a row per customer. Card: customer_retention_rate. -#}
{% macro customer_retention_rate(customers_before, customers_lost, part='value') -%}
    {{ ratio(
        'sum(' ~ customers_before ~ ') - sum(' ~ customers_lost ~ ')',
        'sum(' ~ customers_before ~ ')',
        scale=100,
        part=part
    ) }}
{%- endmacro %}
