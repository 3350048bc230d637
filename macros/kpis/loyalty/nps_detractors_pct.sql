{#- Share of detractors among all who answered; percent. Card: nps_detractors_pct. -#}
{% macro nps_detractors_pct(score, part='value') -%}
    {{ ratio(nps_count(score, 'detractor'), 'count(' ~ score ~ ')', scale=100, part=part) }}
{%- endmacro %}
