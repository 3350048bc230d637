{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: known customers with a mature session or a ticket.
{% set kpis = [
    {
        'kpi': 'self_service_usage_rate',
        'args': ['customer_id', 'session_customer', 'followed_customer'],
        'immature': 'is_immature_session',
    },
] %}
{% set dimensions = {'customer_segment': 'customer_segment'} %}

with

self_service_sessions as (

    select * from {{ ref('fct_self_service_sessions') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

measured_rows as (

    select
        case when is_mature then customer_id end as customer_id,
        case when is_mature then customer_id end as session_customer,
        case when is_mature and is_followed_by_ticket then customer_id end as followed_customer,
        not is_mature as is_immature_session,
        customer_segment,
        started_date as measured_date
    from self_service_sessions
    where customer_id is not null

    union all

    select
        customer_id,
        null as session_customer,
        null as followed_customer,
        false as is_immature_session,
        customer_segment,
        created_date as measured_date
    from tickets
    where is_in_scope and customer_id is not null

),

day_fingerprints as (

    {{ day_fingerprints(['measured_rows']) }}

),

periods as (

    {{ periods_to_measure(ref('fct_self_service_sessions')) }}

),

figures as (

    {{ kpi_figures('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_self_service_sessions'), figures='figures') }}

)

select * from final
