-- Grain: one row per row of raw_bot_questions, as delivered.

with

{{ judge_raw('raw_bot_questions') }}
