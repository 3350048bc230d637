-- Grain: one row per row of raw_agents, as delivered.

with

{{ judge_raw('raw_agents') }}
