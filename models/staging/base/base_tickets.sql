-- Grain: one row per row of raw_tickets, as delivered.

with

{{ judge_raw('raw_tickets') }}
