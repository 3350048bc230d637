-- Grain: one row per customer and unbroken stretch of days on which a subscription of theirs was active.

with

subscriptions as (

    select
        customer_id,
        started_on,
        coalesce(ended_on, date '9999-12-31') as ended_on
    from {{ ref('stg_subscriptions') }}

),

ordered_subscriptions as (

    select
        *,
        max(ended_on) over (
            partition by customer_id order by started_on, ended_on
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from subscriptions

),

numbered_subscriptions as (

    select
        *,
        -- A subscription that begins on the first day without another leaves no gap.
        sum(case when started_on <= covered_until then 0 else 1 end) over (
            partition by customer_id order by started_on, ended_on
            rows between unbounded preceding and current row
        ) as stint_number
    from ordered_subscriptions

),

final as (

    select
        customer_id,
        stint_number,
        min(started_on) as active_from,
        max(ended_on) as active_until
    from numbered_subscriptions
    group by customer_id, stint_number

)

select * from final
