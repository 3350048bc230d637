-- Grain: one row per row of raw_customers, as delivered.

with

{{ judge_raw('raw_customers') }}
