-- On a calendar that is open day and night business time is the time elapsed, over changes to and from summer time too.

with

business_hours as (

    select * from {{ ref('stg_business_hours') }}

),

holidays as (

    select * from {{ ref('stg_holidays') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

responses as (

    select * from {{ ref('fct_responses') }}

),

events as (

    select * from {{ ref('fct_ticket_events') }}

),

open_calendars as (

    select calendar_id
    from business_hours
    where valid_from is null and valid_to is null
    group by calendar_id
    having sum(closes_minute - opens_minute) = 7 * 1440

),

moved_tickets as (

    select distinct ticket_id
    from events
    where event_type = 'calendar_change'

),

open_tickets as (

    select tickets.*
    from tickets
    inner join open_calendars on tickets.calendar_id = open_calendars.calendar_id
    where
        tickets.calendar_id not in (select holidays.calendar_id from holidays)
        and tickets.ticket_id not in (select moved_tickets.ticket_id from moved_tickets)

),

durations as (

    select
        ticket_id,
        'first_response' as measure,
        first_response_business_minutes as business_minutes,
        first_response_calendar_minutes as calendar_minutes
    from open_tickets

    union all

    select
        ticket_id,
        'resolution' as measure,
        resolution_business_minutes as business_minutes,
        resolution_calendar_minutes as calendar_minutes
    from open_tickets

    union all

    select
        responses.ticket_id,
        'response' as measure,
        responses.response_business_minutes as business_minutes,
        responses.response_calendar_minutes as calendar_minutes
    from responses
    inner join open_tickets on responses.ticket_id = open_tickets.ticket_id

)

select * from durations
where calendar_minutes is not null and coalesce(abs(business_minutes - calendar_minutes) > 0.000001, true)
