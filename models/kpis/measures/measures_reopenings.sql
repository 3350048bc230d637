{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: reopenings of in-scope tickets, for their resolver.
{% set kpis = [
    {'kpi': 'reopen_count', 'args': ['event_id']},
] %}
{% set dimensions = ticket_dimensions(agent='resolver_id', team='resolver_team') %}

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

reopenings as (

    select * from {{ ref('fct_reopenings') }}

),

measured_rows as (

    select
        tickets.channel,
        tickets.source,
        tickets.priority,
        tickets.ticket_type,
        tickets.topic,
        tickets.status,
        tickets.customer_segment,
        tickets.resolver_id,
        tickets.resolver_team,
        reopenings.event_id,
        reopenings.reopened_date as measured_date
    from reopenings
    inner join tickets on reopenings.ticket_id = tickets.ticket_id
    where tickets.is_in_scope

),

day_fingerprints as (

    {{ day_fingerprints(['measured_rows']) }}

),

periods as (

    {{ periods_to_measure(ref('fct_tickets')) }}

),

sums as (

    {{ kpi_sums('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_tickets'), sums='sums') }}

)

select * from final
