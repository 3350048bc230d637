{#- Minutes from creation to the first reply: mean, median or p90. Card: first_response_time. -#}
{% macro first_response_time(minutes, statistic='mean', part='value') -%}
    {{ duration(minutes, statistic, part) }}
{%- endmacro %}
