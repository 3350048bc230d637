-- Grain: one row per event of a ticket.

with

ticket_events as (

    select * from {{ ref('base_ticket_events') }}
    where verdict = 'accepted'

),

final as (

    select
        -- keys
        ticket_events.event_id,
        ticket_events.ticket_id,
        ticket_events.actor_id,
        ticket_events.session_id,

        -- description
        cast(ticket_events.event_type as {{ type_text() }}) as event_type,
        cast(ticket_events.actor_type as {{ type_text() }}) as actor_type,
        ticket_events.old_value,
        ticket_events.new_value,
        cast(ticket_events.sentiment_label as {{ type_text() }}) as sentiment_label,

        -- flags
        ticket_events.is_public,

        -- time
        ticket_events.occurred_at,

        -- personal
        ticket_events.body

    from ticket_events

)

select * from final
