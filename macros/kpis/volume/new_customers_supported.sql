{#- Number of customers answered for the first time. Card: new_customers_supported. -#}
{% macro new_customers_supported(is_first_answered_ticket, part='value') -%}
    {{ total(count_if(is_first_answered_ticket), part) }}
{%- endmacro %}
