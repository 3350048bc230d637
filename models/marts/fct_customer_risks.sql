-- Grain: one row per month, quarter or year and customer with a sign in the 90 days before its end that they may be
-- unhappy.

with

warnings as (

    select * from {{ ref('fct_customer_warnings') }}

),

stints as (

    select * from {{ ref('int_customer_stints') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

-- The running period is looked at as of now, what happened at that very instant included.
period_ends as (

    select
        periods.period_grain,
        periods.period_start_date,
        least(periods.ends_at, reporting_window.as_of) as looked_at,
        least(periods.ends_at, {{ add_microseconds('reporting_window.as_of', '1') }}) as looked_until,
        case
            when periods.is_complete_period then periods.next_period_start_date - 1
            else {{ local_date("reporting_window.as_of - interval '1 second'") }}
        end as last_date
    from {{ ref('dim_periods') }} as periods
    cross join reporting_window
    where periods.is_in_data_range and periods.period_grain in ('month', 'quarter', 'year')

),

counted_warnings as (

    select
        period_ends.period_grain,
        period_ends.period_start_date,
        period_ends.last_date,
        warnings.customer_id,
        {{ count_if("warnings.warning = 'bad_rating'") }} > 0 as has_bad_rating,
        {{ count_if("warnings.warning = 'high_effort'") }} > 0 as has_high_effort,
        {{ count_if("warnings.warning = 'came_back'") }} > 0 as has_come_back,
        2 * {{ count_if("warnings.warning = 'negative_text'") }}
        > {{ count_if("warnings.warning in ('negative_text', 'other_text')") }} as has_negative_texts
    from warnings
    inner join period_ends
        on warnings.occurred_at >= period_ends.looked_at - interval '90 days'
        and warnings.occurred_at < period_ends.looked_until
    group by
        period_ends.period_grain,
        period_ends.period_start_date,
        period_ends.last_date,
        warnings.customer_id

),

active_customers as (

    select distinct
        counted_warnings.period_grain,
        counted_warnings.period_start_date,
        counted_warnings.customer_id
    from counted_warnings
    inner join stints
        on counted_warnings.customer_id = stints.customer_id
        and counted_warnings.last_date >= stints.active_from
        and counted_warnings.last_date < stints.active_until

),

final as (

    select
        -- keys
        counted_warnings.period_grain,
        counted_warnings.period_start_date,
        counted_warnings.customer_id,
        customers.customer_segment,

        -- signs
        counted_warnings.has_bad_rating,
        counted_warnings.has_high_effort,
        counted_warnings.has_come_back,
        counted_warnings.has_negative_texts,
        cast(counted_warnings.has_bad_rating as integer)
        + cast(counted_warnings.has_high_effort as integer)
        + cast(counted_warnings.has_come_back as integer)
        + cast(counted_warnings.has_negative_texts as integer) as warning_count,

        -- still a customer
        active_customers.customer_id is not null as is_active_at_end

    from counted_warnings
    left join active_customers
        on counted_warnings.period_grain = active_customers.period_grain
        and counted_warnings.period_start_date = active_customers.period_start_date
        and counted_warnings.customer_id = active_customers.customer_id
    left join customers on counted_warnings.customer_id = customers.customer_id

)

select * from final
