{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: mature self-service sessions at their start.
{% set kpis = [
    {'kpi': 'self_service_success_rate', 'args': ['mature_visitor_id', 'outcome_rank'], 'immature': 'not is_mature'},
] %}
{% set dimensions = {'tool': 'tool', 'topic': 'topic', 'customer_segment': 'customer_segment'} %}

with

self_service_sessions as (

    select * from {{ ref('fct_self_service_sessions') }}

),

measured_rows as (

    select
        tool,
        topic,
        customer_segment,
        is_mature,
        outcome_rank,
        case when is_mature then visitor_id end as mature_visitor_id,
        started_date as measured_date
    from self_service_sessions

),

day_fingerprints as (

    {{ day_fingerprints(['measured_rows']) }}

),

periods as (

    {{ periods_to_measure(ref('fct_self_service_sessions')) }}

),

figures as (

    {{ kpi_figures('measured_rows', dimensions, kpis, once_per='mature_visitor_id', greatest=['outcome_rank']) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_self_service_sessions'), figures='figures') }}

)

select * from final
