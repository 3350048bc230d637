-- Grain: one row per subscription.

with

subscriptions as (

    select * from {{ ref('base_subscriptions') }}
    where verdict = 'accepted'

),

final as (

    select
        -- keys
        subscriptions.subscription_id,
        subscriptions.customer_id,

        -- description
        subscriptions.plan,
        subscriptions.end_reason,

        -- time
        subscriptions.started_on,
        subscriptions.ended_on

    from subscriptions

)

select * from final
