-- Grain: one row per row of raw_tickets, as delivered.
{{ config(materialized='incremental', incremental_strategy='replace_keys', unique_key='ticket_id') }}

with

{{ judge_raw('raw_tickets') }}
