{#- Share of bot conversations that the bot resolved; percent. Card: chatbot_resolution_rate. -#}
{% macro chatbot_resolution_rate(is_counted, is_resolved, part='value') -%}
    {{ share(is_counted, is_resolved, part) }}
{%- endmacro %}
