{#- Minutes from creation to the last solve (or the first): mean, median or p90. Card: resolution_time. -#}
{% macro resolution_time(minutes, statistic='mean', part='value') -%}
    {{ duration(minutes, statistic, part) }}
{%- endmacro %}
