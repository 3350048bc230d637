{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: requests at their start.
{% set kpis = [
    {
        'kpi': 'automation_rate',
        'args': ['is_automatable and is_mature', 'is_deflected'],
        'immature': 'is_automatable and not is_mature',
    },
    {'kpi': 'ai_deflection_rate', 'args': ['is_mature', 'is_deflected'], 'immature': 'not is_mature'},
] %}
{% set dimensions = {'channel': 'channel', 'topic': 'topic', 'customer_segment': 'customer_segment'} %}

with

service_requests as (

    select * from {{ ref('fct_service_requests') }}

),

measured_rows as (

    select
        channel,
        topic,
        customer_segment,
        is_mature,
        is_deflected,
        request_kind in ('conversation', 'ticket') as is_automatable,
        requested_date as measured_date
    from service_requests

),

day_fingerprints as (

    {{ day_fingerprints(['measured_rows']) }}

),

periods as (

    {{ periods_to_measure(ref('fct_bot_conversations')) }}

),

sums as (

    {{ kpi_sums('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_bot_conversations'), sums='sums') }}

)

select * from final
