-- Grain: one row per ticket.

with

tickets as (

    select * from {{ ref('base_tickets') }}
    where verdict = 'accepted'

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

final as (

    select
        -- keys
        tickets.ticket_id,
        tickets.customer_id,
        tickets.assignee_id,
        tickets.calendar_id,
        tickets.merged_into_ticket_id,

        -- description
        cast(tickets.direction as {{ type_text() }}) as direction,
        tickets.channel,
        tickets.source,
        tickets.ticket_type,
        tickets.topic,
        cast(tickets.priority as {{ type_text() }}) as priority,
        cast(tickets.status as {{ type_text() }}) as status,
        tickets.team,

        -- flags
        tickets.is_spam,
        tickets.is_deleted,
        tickets.is_test,

        -- time
        tickets.created_at,
        {{ known_by('reporting_window.as_of', 'tickets.updated_at') }} as updated_at

    from tickets
    cross join reporting_window

)

select * from final
