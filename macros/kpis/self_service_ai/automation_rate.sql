{#- Share of bot conversations and other tickets that a bot resolved; percent. Card: automation_rate. -#}
{% macro automation_rate(is_request, is_bot_resolved, part='value') -%}
    {{ share(is_request, is_bot_resolved, part) }}
{%- endmacro %}
