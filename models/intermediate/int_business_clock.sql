-- Grain: one row per calendar, UTC hour and stretch within it that is wholly open or wholly closed.
-- Open time before an instant = `open_microseconds_before` of its stretch, plus the part of the stretch if it is open:
-- one equi-join on (calendar, hour) however long the ticket lived, exact over daylight saving.

with

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

openings as (

    select * from {{ ref('int_business_openings') }}

),

calendars as (

    select distinct calendar_id from {{ ref('stg_business_hours') }}

),

utc_hours as (

    select
        {{ series(
            'cast(first_date - 3 as timestamp)',
            'cast(greatest(last_date, cast(as_of as date)) + 3 as timestamp)',
            '1 hour'
        ) }} as starts_at
    from reporting_window

),

-- Opening counts up, closing counts down, an hour mark only cuts.
marks as (

    select
        calendar_id,
        opens_at as starts_at,
        1 as change
    from openings
    union all
    select
        calendar_id,
        closes_at as starts_at,
        -1 as change
    from openings
    union all
    select
        calendars.calendar_id,
        utc_hours.starts_at,
        0 as change
    from calendars cross join utc_hours

),

instants as (

    select
        calendar_id,
        starts_at,
        sum(change) as change
    from marks
    group by calendar_id, starts_at

),

stretches as (

    select
        calendar_id,
        starts_at,
        lead(starts_at) over (partition by calendar_id order by starts_at) as ends_at,
        sum(change) over (partition by calendar_id order by starts_at) > 0 as is_open
    from instants

),

measured_stretches as (

    select
        calendar_id,
        starts_at,
        ends_at,
        is_open,
        case when is_open then {{ microseconds_between('starts_at', 'ends_at') }} else 0 end as open_microseconds
    from stretches
    where ends_at is not null

),

final as (

    select
        -- keys
        calendar_id,
        {{ epoch_hour('starts_at') }} as epoch_hour,
        starts_at,

        -- stretch
        ends_at,
        is_open,
        open_microseconds,
        cast(
            sum(open_microseconds) over (partition by calendar_id order by starts_at) - open_microseconds as bigint
        ) as open_microseconds_before

    from measured_stretches

)

select * from final
