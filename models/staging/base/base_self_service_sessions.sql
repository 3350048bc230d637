-- Grain: one row per row of raw_self_service_sessions, as delivered.
{{ config(materialized='incremental', incremental_strategy='replace_keys', unique_key='session_id') }}

with

{{ judge_raw('raw_self_service_sessions') }}
