{#- Share of answers that found it hard (ease <= 3); percent. Card: ces_disagree_pct. -#}
{% macro ces_disagree_pct(score, scale_min, scale_max, question_version, part='value') -%}
    {{ ratio(
        count_if(is_high_effort(ces_ease(score, scale_min, scale_max, question_version))),
        'count(' ~ score ~ ')',
        scale=100,
        part=part
    ) }}
{%- endmacro %}
