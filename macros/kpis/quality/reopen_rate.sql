{#- Share of solved tickets reopened within the window; percent. Card: reopen_rate. -#}
{% macro reopen_rate(is_counted, is_reopened_in_window, part='value') -%}
    {{ share(is_counted, is_reopened_in_window, part) }}
{%- endmacro %}
