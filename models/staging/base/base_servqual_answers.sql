-- Grain: one row per row of raw_servqual_answers, as delivered.
{{ config(materialized='incremental', incremental_strategy='replace_keys', unique_key='answer_id') }}

with

{{ judge_raw('raw_servqual_answers') }}
