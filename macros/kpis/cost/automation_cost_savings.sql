{#- What the resolutions of bots would have cost from people, less what they cost, usage and fixed. May be negative; null
    without a cost or a resolution of people to compare with. Over rows that each carry part of a period's sums.
    Card: automation_cost_savings. -#}
{% macro automation_cost_savings(
    automated_resolutions, human_cost, human_resolutions, usage_cost, fixed_cost, part='value'
) -%}
    {{ total(
        'sum(' ~ automated_resolutions ~ ') * cast(' ~ exact_sum(human_cost) ~ ' as ' ~ type_double() ~ ')'
        ~ ' / nullif(sum(' ~ human_resolutions ~ '), 0)'
        ~ ' - ' ~ exact_sum(usage_cost) ~ ' - ' ~ exact_sum(fixed_cost),
        part
    ) }}
{%- endmacro %}
