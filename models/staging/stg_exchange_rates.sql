-- Grain: one row per currency and month.

with

exchange_rates as (

    select * from {{ ref('base_exchange_rates') }}
    where verdict = 'accepted'

),

final as (

    select
        -- keys
        exchange_rates.currency_code,
        exchange_rates.rate_month,

        -- measures
        exchange_rates.rate

    from exchange_rates

)

select * from final
