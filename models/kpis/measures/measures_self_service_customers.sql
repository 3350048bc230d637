{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: known customers with a mature session or a ticket.
{% set kpis = [
    {
        'kpi': 'self_service_usage_rate',
        'args': [
            'customer_id',
            'case when followed_rank >= 1 then customer_id end',
            'case when followed_rank = 2 then customer_id end',
        ],
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

-- Of a customer's sessions and tickets the greatest rank decides: 2 a session followed by a ticket, 1 one that was not.
measured_rows as (

    select
        case when is_mature then customer_id end as customer_id,
        case when is_followed_by_ticket then 2 else 1 end as followed_rank,
        not is_mature as is_immature_session,
        customer_segment,
        started_date as measured_date
    from self_service_sessions
    where customer_id is not null

    union all

    select
        customer_id,
        0 as followed_rank,
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

    {{ kpi_figures('measured_rows', dimensions, kpis, once_per='customer_id', greatest=['followed_rank']) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_self_service_sessions'), figures='figures') }}

)

select * from final
