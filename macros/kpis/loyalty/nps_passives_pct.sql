{#- Share of passives among all who answered; percent. Card: nps_passives_pct. -#}
{% macro nps_passives_pct(score, part='value') -%}
    {{ ratio(nps_count(score, 'passive'), 'count(' ~ score ~ ')', scale=100, part=part) }}
{%- endmacro %}
