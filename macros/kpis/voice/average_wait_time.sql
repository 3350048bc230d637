{#- Seconds from offer to answer: mean, median or p90. Card: average_wait_time. -#}
{% macro average_wait_time(seconds, statistic='mean', part='value') -%}
    {{ duration(seconds, statistic, part) }}
{%- endmacro %}
