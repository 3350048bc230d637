{#- Minutes from the oldest unanswered customer message to the reply: mean, median or p90. Card: average_response_time. -#}
{% macro average_response_time(minutes, statistic='mean', part='value') -%}
    {{ duration(minutes, statistic, part) }}
{%- endmacro %}
