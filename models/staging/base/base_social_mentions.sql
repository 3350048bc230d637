-- Grain: one row per row of raw_social_mentions, as delivered.
{{ config(materialized='incremental', incremental_strategy='replace_keys', unique_key='mention_id') }}

with

{{ judge_raw('raw_social_mentions') }}
