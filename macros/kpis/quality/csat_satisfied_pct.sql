{#- Share of satisfied ratings among all ratings, or (`positive_plus_negative`) without the neutral ones; percent.
    Card: csat_satisfied_pct. -#}
{% macro csat_satisfied_pct(score, scale_min, scale_max, denominator='all_rated', part='value') -%}
    {%- set bucket = csat_bucket(score, scale_min, scale_max) -%}
    {{ ratio(
        count_if(bucket ~ " = 'satisfied'"),
        {
            'all_rated': 'count(' ~ score ~ ')',
            'positive_plus_negative': count_if(bucket ~ " in ('satisfied', 'negative')")
        }[denominator],
        scale=100,
        part=part
    ) }}
{%- endmacro %}
