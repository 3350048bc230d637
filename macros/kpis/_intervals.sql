{#- 95 % intervals, z = 1.96. Each bound is an expression over sums that stand in columns. -#}

{#- Wilson interval of a share, in percent; `sign` is '-' for the lower bound, '+' for the upper one. -#}
{% macro wilson_bound(numerator, denominator, sign) -%}
    100 * (
        {{ numerator }} / nullif({{ denominator }}, 0) + 1.9208 / nullif({{ denominator }}, 0)
        {{ sign }} 1.96 * sqrt(
            greatest(
                {{ numerator }} / nullif({{ denominator }}, 0)
                * (1 - {{ numerator }} / nullif({{ denominator }}, 0)) / nullif({{ denominator }}, 0)
                + 0.9604 / nullif({{ denominator }} * {{ denominator }}, 0), 0
            )
        )
    ) / (1 + 3.8416 / nullif({{ denominator }}, 0))
{%- endmacro %}

{#- Adjusted-Wald interval of a net score (terms +1, 0, -1): three answers are added, 0.75 promoter, 0.75 detractor, the rest passive.
    `net` = sum of the terms, `squares` = sum of their squares, `answers` = their number. -#}
{% macro adjusted_wald_bound(net, squares, answers, sign) -%}
    100 * (
        {{ net }} / ({{ answers }} + 3)
        {{ sign }} 1.96 * sqrt(
            (
                ({{ squares }} + 1.5) / ({{ answers }} + 3)
                - ({{ net }} / ({{ answers }} + 3)) * ({{ net }} / ({{ answers }} + 3))
            ) / ({{ answers }} + 3)
        )
    )
{%- endmacro %}
