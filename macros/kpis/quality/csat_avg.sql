{#- Mean satisfaction brought to 1–5, whatever the scale of the question. Card: csat_avg. -#}
{% macro csat_avg(score, scale_min, scale_max, part='value') -%}
    {{ ratio(exact_sum(csat_score(score, scale_min, scale_max)), 'count(' ~ score ~ ')', part=part) }}
{%- endmacro %}
