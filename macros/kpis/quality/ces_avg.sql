{#- Mean ease brought to 1–7 (7 = easiest), whichever way the question was put. Card: ces_avg. -#}
{% macro ces_avg(score, scale_min, scale_max, question_version, part='value') -%}
    {{ ratio(
        exact_sum(ces_ease(score, scale_min, scale_max, question_version)), 'count(' ~ score ~ ')', part=part
    ) }}
{%- endmacro %}
