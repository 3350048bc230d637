-- Grain: one row per reopening of a ticket.
-- Published: a fact is a view of it.
{{ config(meta={'published': true, 'partition_field': 'reopened_at'}) }}

with

events as (

    select * from {{ ref('int_ticket_events_ordered') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

final as (

    select
        -- keys
        events.event_id,
        events.ticket_id,

        -- reopening
        events.occurred_at as reopened_at,
        -- A window begins after its instant: a reopening in the very second of the solve counts as a reopening,
        -- but does not fall in the window. Neither does that of a ticket created solved, before anybody solved it.
        coalesce(events.occurred_at > histories.first_solved_at, false) as is_after_first_solve

    from events
    inner join histories on events.ticket_id = histories.ticket_id
    where events.is_reopening

)

select * from final
