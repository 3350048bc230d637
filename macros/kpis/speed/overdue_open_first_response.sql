{#- Open tickets without a reply past their first-response target: the sum of the changes so far. Card: overdue_open_first_response. -#}
{% macro overdue_open_first_response(change, part='value') -%}
    {{ total('coalesce(sum(' ~ change ~ '), 0)', part) }}
{%- endmacro %}
