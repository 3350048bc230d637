-- Grain: one row per row of raw_social_mentions, as delivered.

with

{{ judge_raw('raw_social_mentions') }}
