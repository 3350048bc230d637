-- Grain: one row per row of raw_contacts, as delivered.

with

{{ judge_raw('raw_contacts') }}
