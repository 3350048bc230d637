-- Grain: one row per row of raw_survey_responses, as delivered.
{{ config(materialized='incremental', incremental_strategy='replace_keys', unique_key='response_id') }}

with

{{ judge_raw('raw_survey_responses') }}
