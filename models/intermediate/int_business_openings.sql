-- Grain: one row per calendar and stretch of time in which it is open, as UTC instants.

with

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

business_hours as (

    select * from {{ ref('stg_business_hours') }}

),

holidays as (

    select * from {{ ref('stg_holidays') }}

),

-- A year of margin: the business days of a year count whole, also where the data begin or end in its midst.
midnights as (

    select {{ series('first_date - 370', 'greatest(last_date, cast(as_of as date)) + 370', '1 day') }} as day_at
    from reporting_window

),

local_days as (

    select cast(day_at as date) as local_date
    from midnights

),

regular_hours as (

    select
        business_hours.calendar_id,
        local_days.local_date,
        business_hours.opens_minute,
        business_hours.closes_minute,
        business_hours.timezone

    from local_days
    inner join business_hours
        on {{ iso_weekday('local_days.local_date') }} = business_hours.iso_weekday
        and local_days.local_date >= coalesce(business_hours.valid_from, date '0001-01-01')
        and local_days.local_date < coalesce(business_hours.valid_to, date '9999-12-31')
    left join holidays
        on business_hours.calendar_id = holidays.calendar_id
        and local_days.local_date = holidays.holiday_date
    where holidays.calendar_id is null

),

-- A holiday carries no zone: the one of its calendar on that day, else of any of the calendar's rows.
holiday_hours as (

    select
        holidays.calendar_id,
        holidays.holiday_date as local_date,
        holidays.opens_minute,
        holidays.closes_minute,
        coalesce(
            min(business_hours.timezone) filter (
                where holidays.holiday_date >= coalesce(business_hours.valid_from, date '0001-01-01')
                and holidays.holiday_date < coalesce(business_hours.valid_to, date '9999-12-31')
            ),
            min(business_hours.timezone)
        ) as timezone

    from holidays
    inner join business_hours on holidays.calendar_id = business_hours.calendar_id
    inner join local_days on holidays.holiday_date = local_days.local_date
    where holidays.opens_minute is not null
    group by holidays.calendar_id, holidays.holiday_date, holidays.opens_minute, holidays.closes_minute

),

opening_hours as (

    select * from regular_hours
    union all
    select * from holiday_hours

),

final as (

    select
        calendar_id,
        local_date,
        {{ local_to_utc(
            "cast(local_date as timestamp) + opens_minute * interval '1 minute'", 'timezone'
        ) }} as opens_at,
        {{ local_to_utc(
            "cast(local_date as timestamp) + closes_minute * interval '1 minute'", 'timezone'
        ) }} as closes_at

    from opening_hours

)

select * from final
