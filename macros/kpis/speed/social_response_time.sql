{#- Minutes from a mention to its first reply: mean, median or p90. Card: social_response_time. -#}
{% macro social_response_time(minutes, statistic='mean', part='value') -%}
    {{ duration(minutes, statistic, part) }}
{%- endmacro %}
