{#- Share of answers that found it easy (ease >= 5); percent. Card: ces_agree_pct. -#}
{% macro ces_agree_pct(score, scale_min, scale_max, question_version, part='value') -%}
    {{ ratio(
        count_if(ces_ease(score, scale_min, scale_max, question_version) ~ ' >= 5'),
        'count(' ~ score ~ ')',
        scale=100,
        part=part
    ) }}
{%- endmacro %}
