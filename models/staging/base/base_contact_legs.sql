-- Grain: one row per row of raw_contact_legs, as delivered.
{{ config(materialized='incremental', incremental_strategy='replace_keys', unique_key='leg_id') }}

with

{{ judge_raw('raw_contact_legs') }}
