-- Grain: one row per row of raw_survey_responses, as delivered.

with

{{ judge_raw('raw_survey_responses') }}
