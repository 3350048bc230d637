-- Grain: one row per row of raw_customers, as delivered.
{{ config(materialized='incremental', incremental_strategy='replace_keys', unique_key='customer_id') }}

with

{{ judge_raw('raw_customers') }}
