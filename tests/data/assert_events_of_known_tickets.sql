{{ config(severity='warn') }}
-- Accepted, but they reach no ticket: perhaps the tickets come from another export.

with

ticket_events as (

    select * from {{ ref('stg_ticket_events') }}

),

tickets as (

    select * from {{ ref('stg_tickets') }}

)

select
    ticket_events.event_id,
    ticket_events.ticket_id

from ticket_events
left join tickets on ticket_events.ticket_id = tickets.ticket_id
where
    ticket_events.ticket_id is not null
    and tickets.ticket_id is null
