{#- Support cost per handled interaction. Card: cost_per_interaction. -#}
{% macro cost_per_interaction(cost_amount, interactions, part='value') -%}
    {{ ratio(exact_sum(cost_amount), 'sum(' ~ interactions ~ ')', part=part) }}
{%- endmacro %}
