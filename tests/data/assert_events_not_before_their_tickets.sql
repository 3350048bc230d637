{{ config(severity='warn') }}
-- Counted as if at the creation of their ticket: perhaps two clocks disagree.

with

ticket_events as (

    select * from {{ ref('stg_ticket_events') }}

),

tickets as (

    select * from {{ ref('stg_tickets') }}

)

select
    ticket_events.event_id,
    ticket_events.ticket_id,
    ticket_events.occurred_at,
    tickets.created_at

from ticket_events
inner join tickets on ticket_events.ticket_id = tickets.ticket_id
where ticket_events.occurred_at < tickets.created_at
