-- Grain: one row per row of raw_contact_legs, as delivered.

with

{{ judge_raw('raw_contact_legs') }}
