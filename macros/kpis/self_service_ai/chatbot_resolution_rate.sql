{#- Share of bot conversations that the bot resolved; percent. Card: chatbot_resolution_rate. -#}
{% macro chatbot_resolution_rate(is_counted, is_resolved, part='value') -%}
    {{ ratio(count_if(is_counted ~ ' and ' ~ is_resolved), count_if(is_counted), scale=100, part=part) }}
{%- endmacro %}
