{#- Tickets that each agent worked on, over the agents. Over rows of one agent and ticket each, so that a ticket of two agents
    counts for both; an action without an agent's id is no agent's. Card: tickets_per_agent. -#}
{% macro tickets_per_agent(agent_id, part='value') -%}
    {{ ratio('count(' ~ agent_id ~ ')', 'count(distinct ' ~ agent_id ~ ')', is_additive=false, part=part) }}
{%- endmacro %}
