-- Grain: one row per row of raw_subscriptions, as delivered.
{{ config(materialized='incremental', incremental_strategy='replace_keys', unique_key='subscription_id') }}

with

{{ judge_raw('raw_subscriptions') }}
