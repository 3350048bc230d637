-- Grain: one row per row of raw_contacts, as delivered.
{{ config(materialized='incremental', incremental_strategy='replace_keys', unique_key='contact_id') }}

with

{{ judge_raw('raw_contacts') }}
