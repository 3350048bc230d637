-- Grain: one row per row of raw_ticket_events, as delivered.
{{ config(materialized='incremental', incremental_strategy='replace_keys', unique_key='event_id') }}

with

{{ judge_raw('raw_ticket_events') }}
