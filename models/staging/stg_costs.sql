-- Grain: one row per cost of support in a month.

with

costs as (

    select * from {{ ref('base_costs') }}
    where verdict = 'accepted'

),

final as (

    select
        -- keys
        costs.cost_id,

        -- description
        costs.cost_category,
        costs.team,
        costs.channel,
        costs.currency_code,

        -- measures
        costs.amount,

        -- time
        costs.cost_month

    from costs

)

select * from final
