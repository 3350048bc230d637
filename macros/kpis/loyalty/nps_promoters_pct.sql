{#- Share of promoters among all who answered; percent. Card: nps_promoters_pct. -#}
{% macro nps_promoters_pct(score, part='value') -%}
    {{ ratio(nps_count(score, 'promoter'), 'count(' ~ score ~ ')', scale=100, part=part) }}
{%- endmacro %}
