{{ config(severity='warn') }}
-- A ticket under a calendar without opening hours has no business minutes: its own, or `default_calendar_id`.

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

calendars as (

    select * from {{ ref('dim_calendars') }}

)

select
    tickets.calendar_id,
    count(*) as ticket_count
from tickets
left join calendars on tickets.calendar_id = calendars.calendar_id
where calendars.calendar_id is null
group by tickets.calendar_id
