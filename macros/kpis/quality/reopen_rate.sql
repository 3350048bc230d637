{#- Share of solved tickets reopened within the window; percent. Card: reopen_rate. -#}
{% macro reopen_rate(is_counted, is_reopened_in_window, part='value') -%}
    {{ ratio(count_if(is_counted ~ ' and ' ~ is_reopened_in_window), count_if(is_counted), scale=100, part=part) }}
{%- endmacro %}
