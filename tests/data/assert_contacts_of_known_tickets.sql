{{ config(severity='warn') }}
-- Accepted, but they reach no ticket: perhaps the tickets come from another export.

with

contacts as (

    select * from {{ ref('stg_contacts') }}

),

tickets as (

    select * from {{ ref('stg_tickets') }}

)

select
    contacts.contact_id,
    contacts.ticket_id

from contacts
left join tickets on contacts.ticket_id = tickets.ticket_id
where
    contacts.ticket_id is not null
    and tickets.ticket_id is null
