{#- Share of negative ratings among all ratings; percent. Card: csat_negative_pct. -#}
{% macro csat_negative_pct(score, scale_min, scale_max, part='value') -%}
    {{ ratio(
        count_if(csat_bucket(score, scale_min, scale_max) ~ " = 'negative'"), 'count(' ~ score ~ ')', scale=100, part=part
    ) }}
{%- endmacro %}
