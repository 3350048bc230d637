-- A desk is never open for longer than the time that goes by, and no time runs backwards.

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

responses as (

    select * from {{ ref('fct_responses') }}

),

durations as (

    select
        ticket_id,
        'first_response' as measure,
        first_response_business_minutes as business_minutes,
        first_response_calendar_minutes as calendar_minutes
    from tickets

    union all

    select
        ticket_id,
        'resolution' as measure,
        resolution_business_minutes as business_minutes,
        resolution_calendar_minutes as calendar_minutes
    from tickets

    union all

    select
        ticket_id,
        'response' as measure,
        response_business_minutes as business_minutes,
        response_calendar_minutes as calendar_minutes
    from responses

)

select * from durations
where
    calendar_minutes < 0
    or business_minutes < 0
    or business_minutes > calendar_minutes + 0.000001
    or (calendar_minutes is null and business_minutes is not null)
