{#- Seconds that an agent spent on a leg: talk, hold and wrap-up. No hold or wrap-up recorded means none. -#}
{% macro handle_seconds(talk_seconds, hold_seconds, wrap_up_seconds) -%}
    {{ talk_seconds }} + coalesce({{ hold_seconds }}, 0) + coalesce({{ wrap_up_seconds }}, 0)
{%- endmacro %}
