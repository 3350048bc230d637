-- Grain: one row per row of raw_costs, as delivered.

with

exchange_rates as (

    select * from {{ ref('base_exchange_rates') }}

),

known_rates as (

    select
        currency_code as rate_currency_code,
        rate_month

    from exchange_rates
    where verdict = 'accepted'

),

{{
    judge_raw(
        'raw_costs',
        lookups='left join known_rates on typed_rows.currency_code = known_rates.rate_currency_code'
        ~ ' and typed_rows.cost_month = known_rates.rate_month',
        further_rules={'currency_code': [{
            'rule': 'no_exchange_rate',
            'broken_when': "currency_code <> '" ~ var('reporting_currency') ~ "' and rate_currency_code is null",
        }]}
    )
}}
