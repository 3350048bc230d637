-- Grain: one row per event of a known ticket, in the order in which it counts.
{{ config(materialized='view', unique_key='ticket_id', meta={'touched': 'int_arrived_tickets'}) }}

with

events as (

    select * from {{ ref('int_ticket_events_ordered') }}

),

final as (

    select
        -- keys
        event_id,
        ticket_id,
        event_number,
        actor_id,
        session_id,

        -- event
        cast(event_type as {{ type_text() }}) as event_type,
        cast(actor_type as {{ type_text() }}) as actor_type,
        old_value,
        new_value,
        occurred_at,
        case when unknown_calendar_count = 0 then {{ as_minutes('business_microseconds') }} end
            as business_minutes_since_creation,

        -- what it is
        is_reply,
        is_private_note,
        is_customer_message,
        is_bot_message,
        is_status_changed,
        is_solve,
        is_reopening,
        is_human_action

    from events
    where event_type <> 'creation'

)

select * from final
