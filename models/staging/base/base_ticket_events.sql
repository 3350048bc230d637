-- Grain: one row per row of raw_ticket_events, as delivered.

with

{{ judge_raw('raw_ticket_events') }}
