-- Grain: one row per row of raw_bot_conversations, as delivered.

with

{{ judge_raw('raw_bot_conversations') }}
