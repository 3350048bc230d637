-- Grain: one row per reopening of a ticket.

with

events as (

    select * from {{ ref('int_ticket_events_ordered') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}

),

final as (

    select
        -- keys
        events.event_id,
        events.ticket_id,

        -- reopening
        events.occurred_at as reopened_at,
        -- Not so for a ticket that was created solved and reopened before anybody solved it.
        coalesce(events.event_number > histories.first_solve_event_number, false) as is_after_first_solve

    from events
    inner join histories on events.ticket_id = histories.ticket_id
    where events.is_reopening

)

select * from final
