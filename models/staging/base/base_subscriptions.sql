-- Grain: one row per row of raw_subscriptions, as delivered.

with

{{ judge_raw('raw_subscriptions') }}
