{{ config(severity='warn') }}
-- Events decide whether a ticket is solved. A ticket whose status says otherwise has lost an event, or kept an old
-- status: its figures are those of its events.

with

tickets as (

    select * from {{ ref('fct_tickets') }}

)

select
    ticket_id,
    status,
    is_solved,
    last_solved_at
from tickets
where is_solved <> ({{ is_solved_status('status') }})
