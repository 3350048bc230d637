-- Grain: one row per row of raw_bot_questions, as delivered.
{{ config(materialized='incremental', incremental_strategy='replace_keys', unique_key='question_id') }}

with

{{ judge_raw('raw_bot_questions') }}
