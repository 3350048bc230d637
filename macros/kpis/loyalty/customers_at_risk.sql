{#- Number of active customers with at least two kinds of warning sign. Card: customers_at_risk. -#}
{% macro customers_at_risk(is_active_at_end, warning_count, part='value') -%}
    {{ total(count_if('(' ~ is_active_at_end ~ ') and ' ~ warning_count ~ ' >= 2'), part) }}
{%- endmacro %}
