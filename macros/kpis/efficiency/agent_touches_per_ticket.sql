{#- Replies and notes of agents up to the last solve per solved ticket. Card: agent_touches_per_ticket. -#}
{% macro agent_touches_per_ticket(touch_count, part='value') -%}
    {{ ratio('sum(' ~ touch_count ~ ')', 'count(' ~ touch_count ~ ')', part=part) }}
{%- endmacro %}
