-- Grain: one row per reporting period (day, ISO week, month, quarter, year) from the first to the last day of the data,
-- and those around them in which something may still be dated: a survey sent before, a reply given after.
{% set lengths = {'day': '1 day', 'week': '7 day', 'month': '1 month', 'quarter': '3 month', 'year': '1 year'} %}

with

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

openings as (

    select * from {{ ref('int_business_openings') }}

),

survey_responses as (

    select * from {{ ref('stg_survey_responses') }}

),

dated_span as (

    select
        reporting_window.first_date,
        reporting_window.last_date,
        least(
            reporting_window.first_date,
            (select min({{ local_date('survey_responses.sent_at') }}) from survey_responses)
        ) as dated_from,
        greatest(
            reporting_window.last_date,
            {{ local_date("reporting_window.as_of - interval '1 second'") }}
        ) as dated_to
    from reporting_window

),

first_instants as (

    {% for grain, length in lengths.items() %}
    select
        '{{ grain }}' as period_grain,
        {{ series(period_start(grain, 'dated_from'), 'dated_to', length) }} as starts_at
    from dated_span
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

periods as (

    select
        period_grain,
        cast(starts_at as date) as period_start_date,
        cast(
            case period_grain
                {% for grain, length in lengths.items() -%}
                when '{{ grain }}' then starts_at + interval '{{ length }}'
                {% endfor -%}
            end as date
        ) as next_period_start_date
    from first_instants

),

bounded_periods as (

    select
        *,
        {{ day_start('period_start_date') }} as starts_at,
        {{ day_start('next_period_start_date') }} as ends_at
    from periods

),

-- The days of each period, also those before the data begin: a rate per day divides by all that have begun.
midnights as (

    select
        period_grain,
        period_start_date,
        {{ series('period_start_date', 'next_period_start_date - 1', '1 day') }} as day_at
    from periods

),

period_days as (

    select
        period_grain,
        period_start_date,
        cast(day_at as date) as date_day
    from midnights

),

business_days as (

    select distinct local_date
    from openings
    where calendar_id = '{{ var("default_calendar_id") }}'

),

days_begun as (

    select
        period_days.period_grain,
        period_days.period_start_date,
        count(*) as day_count,
        count(business_days.local_date) as business_day_count
    from period_days
    cross join reporting_window
    left join business_days on period_days.date_day = business_days.local_date
    where {{ day_start('period_days.date_day') }} < reporting_window.as_of
    group by period_days.period_grain, period_days.period_start_date

),

final as (

    select
        -- keys
        bounded_periods.period_grain,
        bounded_periods.period_start_date,

        -- bounds
        bounded_periods.next_period_start_date,
        bounded_periods.starts_at,
        bounded_periods.ends_at,
        bounded_periods.ends_at <= reporting_window.as_of as is_complete_period,
        bounded_periods.period_start_date <= reporting_window.last_date
        and bounded_periods.next_period_start_date > reporting_window.first_date as is_in_data_range,

        -- days that have begun
        coalesce(days_begun.day_count, 0) as day_count,
        coalesce(days_begun.business_day_count, 0) as business_day_count

    from bounded_periods
    cross join reporting_window
    left join days_begun
        on bounded_periods.period_grain = days_begun.period_grain
        and bounded_periods.period_start_date = days_begun.period_start_date

)

select * from final
