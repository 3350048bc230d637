-- Grain: one row per row of raw_bot_conversations, as delivered.
{{ config(materialized='incremental', incremental_strategy='replace_keys', unique_key='conversation_id') }}

with

{{ judge_raw('raw_bot_conversations') }}
