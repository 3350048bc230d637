{#- Open tickets past their resolution target: the sum of the changes so far. Card: overdue_open_resolution. -#}
{% macro overdue_open_resolution(change, part='value') -%}
    {{ total('coalesce(sum(' ~ change ~ '), 0)', part) }}
{%- endmacro %}
