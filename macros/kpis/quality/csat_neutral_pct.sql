{#- Share of neutral ratings among all ratings; percent. Card: csat_neutral_pct. -#}
{% macro csat_neutral_pct(score, scale_min, scale_max, part='value') -%}
    {{ ratio(
        count_if(csat_bucket(score, scale_min, scale_max) ~ " = 'neutral'"), 'count(' ~ score ~ ')', scale=100, part=part
    ) }}
{%- endmacro %}
