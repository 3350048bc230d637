{{ config(severity='warn', fail_calc='coalesce(sum(failing_rows), 0)') }}
-- Accepted, but they reach no row of what they name: perhaps that comes from another export.
{% set references = [
    ('stg_ticket_events', 'ticket_id', 'stg_tickets', 'ticket_id'),
    ('stg_contacts', 'ticket_id', 'stg_tickets', 'ticket_id'),
    ('stg_contact_legs', 'contact_id', 'stg_contacts', 'contact_id'),
    ('stg_survey_responses', 'ticket_id', 'stg_tickets', 'ticket_id'),
    ('fct_tickets', 'customer_id', 'dim_customers', 'customer_id'),
    ('fct_tickets', 'assignee_id', 'dim_agents', 'agent_id'),
    ('fct_agent_ticket_days', 'agent_id', 'dim_agents', 'agent_id'),
    ('fct_contact_legs', 'agent_id', 'dim_agents', 'agent_id'),
    ('fct_bot_conversations', 'ticket_id', 'fct_tickets', 'ticket_id'),
    ('fct_bot_questions', 'conversation_id', 'fct_bot_conversations', 'conversation_id'),
    ('fct_bot_questions', 'session_id', 'fct_self_service_sessions', 'session_id'),
    ('fct_bot_questions', 'ticket_id', 'fct_tickets', 'ticket_id'),
    ('fct_social_mentions', 'ticket_id', 'fct_tickets', 'ticket_id'),
] %}

with

unknown as (

    {% for child, column, parent, parent_column in references -%}
    select
        '{{ child }}.{{ column }} is in {{ parent }}' as rule,
        count(*) as failing_rows,
        min({{ child }}.{{ column }}) as example
    from {{ ref(child) }} as {{ child }}
    left join {{ ref(parent) }} as {{ parent }} on {{ child }}.{{ column }} = {{ parent }}.{{ parent_column }}
    where {{ child }}.{{ column }} is not null and {{ parent }}.{{ parent_column }} is null
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    rule,
    failing_rows,
    example
from unknown
where failing_rows > 0
