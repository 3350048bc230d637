-- Grain: one row per row of raw_exchange_rates, as delivered.

with

{{ judge_raw('raw_exchange_rates') }}
