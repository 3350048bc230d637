-- Grain: one row per day of the reporting zone from the first to the last day of the data.

with

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

openings as (

    select * from {{ ref('int_business_openings') }}

),

midnights as (

    select {{ series('first_date', 'last_date', '1 day') }} as day_at
    from reporting_window

),

days as (

    select cast(day_at as date) as date_day
    from midnights

),

-- A day with any opening of the default calendar, in that calendar's own dates.
business_days as (

    select distinct local_date
    from openings
    where calendar_id = '{{ var("default_calendar_id") }}'

),

final as (

    select
        -- keys
        days.date_day,

        -- periods it lies in
        {{ period_start('week', 'days.date_day') }} as week_start_date,
        {{ period_start('month', 'days.date_day') }} as month_start_date,
        {{ period_start('quarter', 'days.date_day') }} as quarter_start_date,
        {{ period_start('year', 'days.date_day') }} as year_start_date,

        -- what it is
        {{ iso_weekday('days.date_day') }} as iso_weekday,
        business_days.local_date is not null as is_business_day

    from days
    left join business_days on days.date_day = business_days.local_date

)

select * from final
