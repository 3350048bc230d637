-- Grain: one row per calendar of business hours.

with

business_hours as (

    select * from {{ ref('stg_business_hours') }}

),

openings as (

    select * from {{ ref('int_business_openings') }}

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

-- `as_of` is often a midnight: the day it closes is the last one, not the day it opens.
last_day as (

    select {{ local_date("as_of - interval '1 second'") }} as last_date
    from reporting_window

),

judged_hours as (

    select
        business_hours.calendar_id,
        business_hours.iso_weekday,
        business_hours.timezone,
        business_hours.closes_minute - business_hours.opens_minute as open_minutes,
        coalesce(business_hours.valid_from <= last_day.last_date, true)
        and coalesce(business_hours.valid_to > last_day.last_date, true) as is_in_force
    from business_hours
    cross join last_day

),

weeks as (

    select
        calendar_id,
        -- A calendar that has lapsed keeps the zone it had.
        coalesce(min(timezone) filter (where is_in_force), min(timezone)) as timezone,
        -- No interval in force means that it is never open: 0, not unknown.
        coalesce(sum(open_minutes) filter (where is_in_force), 0) as weekly_opening_minutes,
        count(distinct iso_weekday) filter (where is_in_force) as weekly_opening_days
    from judged_hours
    group by calendar_id

),

spans as (

    select
        calendar_id,
        min(local_date) as first_opening_date,
        max(local_date) as last_opening_date
    from openings
    group by calendar_id

),

final as (

    select
        -- keys
        weeks.calendar_id,

        -- what it is
        weeks.timezone,
        weeks.calendar_id = '{{ var("default_calendar_id") }}' as is_default,

        -- the week in force
        cast(weeks.weekly_opening_minutes as bigint) as weekly_opening_minutes,
        weeks.weekly_opening_days,

        -- days that are worked out
        spans.first_opening_date,
        spans.last_opening_date

    from weeks
    left join spans on weeks.calendar_id = spans.calendar_id

)

select * from final
