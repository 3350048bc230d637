-- Grain: one row per row of raw_servqual_answers, as delivered.

with

{{ judge_raw('raw_servqual_answers') }}
