{#- Perception less expectation: the weighted mean over SERVQUAL dimensions of each one's mean gap; points.
    One row per dimension. Card: servqual_gap. -#}
{% macro servqual_gap(mean_gap, weight, part='value') -%}
    {{ ratio(
        exact_sum(mean_gap ~ ' * ' ~ weight),
        'sum(' ~ weight ~ ') filter (where ' ~ mean_gap ~ ' is not null)',
        is_additive=false,
        part=part
    ) }}
{%- endmacro %}
