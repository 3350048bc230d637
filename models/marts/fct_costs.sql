-- Grain: one row per cost, credits included, in the reporting currency.

with

costs as (

    select * from {{ ref('stg_costs') }}

),

exchange_rates as (

    select * from {{ ref('stg_exchange_rates') }}

),

converted_costs as (

    select
        costs.*,
        case when costs.currency_code = '{{ var("reporting_currency") }}' then 1 else exchange_rates.rate end as rate
    from costs
    left join exchange_rates
        on costs.currency_code = exchange_rates.currency_code
        and costs.cost_month = exchange_rates.rate_month

),

final as (

    select
        -- keys
        cost_id,

        -- attributes
        cost_month,
        cost_category,
        team,
        channel,

        -- amounts
        amount,
        currency_code,
        rate,
        amount * rate as cost_amount

    from converted_costs

)

select * from final
