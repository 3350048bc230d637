-- Grain: one row per row of raw_self_service_sessions, as delivered.

with

{{ judge_raw('raw_self_service_sessions') }}
