{#- Distinct pairs of agent and ticket per agent. `agent_ticket` names a pair. Card: tickets_per_agent. -#}
{% macro tickets_per_agent(agent_ticket, agent_id, part='value') -%}
    {{ ratio(
        'count(distinct ' ~ agent_ticket ~ ')', 'count(distinct ' ~ agent_id ~ ')', is_additive=false, part=part
    ) }}
{%- endmacro %}
