-- Grain: one row per month, quarter or year and customer segment: how many customers were there, came and went.
-- Customers without a change are only counted, those with one are looked at: no row per customer and month.

with

stints as (

    select * from {{ ref('int_customer_stints') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

periods as (

    select
        *,
        next_period_start_date - 1 as last_date,
        period_start_date - 1 as date_before
    from {{ ref('dim_periods') }}
    where is_in_data_range and period_grain in ('month', 'quarter', 'year')

),

segmented_stints as (

    select
        stints.*,
        customers.customer_segment
    from stints
    left join customers on stints.customer_id = customers.customer_id

),

daily_changes as (

    select
        customer_segment,
        active_from as changed_on,
        count(*) as customers_added
    from segmented_stints
    group by customer_segment, active_from

    union all

    select
        customer_segment,
        active_until as changed_on,
        -count(*) as customers_added
    from segmented_stints
    group by customer_segment, active_until

),

customers_before_periods as (

    select
        periods.period_grain,
        periods.period_start_date,
        daily_changes.customer_segment,
        sum(daily_changes.customers_added) as customers_before
    from periods
    inner join daily_changes on periods.date_before >= daily_changes.changed_on
    group by periods.period_grain, periods.period_start_date, daily_changes.customer_segment

),

customers_with_change as (

    select distinct
        periods.period_grain,
        periods.period_start_date,
        periods.date_before,
        periods.last_date,
        segmented_stints.customer_id,
        segmented_stints.customer_segment
    from segmented_stints
    inner join periods
        on segmented_stints.active_from between periods.period_start_date and periods.last_date
        or segmented_stints.active_until between periods.period_start_date and periods.last_date

),

changed_customers as (

    select
        customers_with_change.period_grain,
        customers_with_change.period_start_date,
        customers_with_change.customer_id,
        customers_with_change.customer_segment,
        max(
            case
                when customers_with_change.date_before between stints.active_from and stints.active_until - 1 then 1
                else 0
            end
        ) as is_active_before,
        max(
            case
                when customers_with_change.last_date between stints.active_from and stints.active_until - 1 then 1
                else 0
            end
        ) as is_active_at_end
    from customers_with_change
    inner join stints on customers_with_change.customer_id = stints.customer_id
    group by
        customers_with_change.period_grain,
        customers_with_change.period_start_date,
        customers_with_change.customer_id,
        customers_with_change.customer_segment

),

changes as (

    select
        period_grain,
        period_start_date,
        customer_segment,
        {{ count_if('is_active_before = 0') }} as customers_joined,
        {{ count_if('is_active_before = 1 and is_active_at_end = 0') }} as customers_lost,
        {{ count_if('is_active_at_end = 0') }} as customers_gone
    from changed_customers
    group by period_grain, period_start_date, customer_segment

),

counted as (

    select
        period_grain,
        period_start_date,
        customer_segment,
        customers_before,
        0 as customers_joined,
        0 as customers_lost,
        0 as customers_gone
    from customers_before_periods

    union all

    select
        period_grain,
        period_start_date,
        customer_segment,
        0 as customers_before,
        customers_joined,
        customers_lost,
        customers_gone
    from changes

),

final as (

    select
        -- keys
        period_grain,
        period_start_date,
        customer_segment,

        -- customers
        cast(sum(customers_before) as bigint) as customers_before,
        cast(sum(customers_joined) as bigint) as customers_joined,
        cast(sum(customers_lost) as bigint) as customers_lost,
        cast(sum(customers_gone) as bigint) as customers_gone

    from counted
    group by period_grain, period_start_date, customer_segment

)

select * from final
