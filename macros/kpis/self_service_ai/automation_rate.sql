{#- Share of bot conversations and other tickets that a bot resolved; percent. Card: automation_rate. -#}
{% macro automation_rate(is_request, is_bot_resolved, part='value') -%}
    {{ ratio(count_if(is_request ~ ' and ' ~ is_bot_resolved), count_if(is_request), scale=100, part=part) }}
{%- endmacro %}
