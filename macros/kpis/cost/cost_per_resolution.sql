{#- Support cost per ticket resolved. Card: cost_per_resolution. -#}
{% macro cost_per_resolution(cost_amount, resolved_tickets, part='value') -%}
    {{ ratio(exact_sum(cost_amount), 'sum(' ~ resolved_tickets ~ ')', part=part) }}
{%- endmacro %}
