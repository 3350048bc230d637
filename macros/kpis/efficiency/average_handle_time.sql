{#- Seconds of talk, hold and wrap-up of all legs, per handled contact. Card: average_handle_time. -#}
{% macro average_handle_time(handle_seconds, part='value') -%}
    {{ duration(handle_seconds, part=part) }}
{%- endmacro %}
