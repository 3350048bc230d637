{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: tickets solved now at their last
-- solve, for their resolver.
{% set kpis = [
    {'kpi': 'resolution_time', 'variant': 'calendar_mean', 'args': ['resolution_calendar_minutes', 'mean']},
    {'kpi': 'resolution_time', 'variant': 'calendar_median', 'args': ['resolution_calendar_minutes', 'median']},
    {'kpi': 'resolution_time', 'variant': 'calendar_p90', 'args': ['resolution_calendar_minutes', 'p90']},
    {'kpi': 'resolution_time', 'variant': 'business_mean', 'args': ['resolution_business_minutes', 'mean']},
    {'kpi': 'resolution_time', 'variant': 'business_median', 'args': ['resolution_business_minutes', 'median']},
    {'kpi': 'resolution_time', 'variant': 'business_p90', 'args': ['resolution_business_minutes', 'p90']},
    {'kpi': 'resolution_time', 'variant': 'first_solve_mean', 'args': ['first_solve_calendar_minutes']},
    {'kpi': 'resolution_sla_pct', 'args': ['is_resolution_within_sla']},
    {'kpi': 'tickets_resolved', 'args': ['is_solved']},
    {'kpi': 'tickets_resolved_per_business_day', 'args': ['is_solved', 'null'], 'per': 'business_day_count'},
    {'kpi': 'interactions_per_ticket', 'args': ['interaction_count']},
    {'kpi': 'agent_touches_per_ticket', 'args': ['touch_count']},
] %}
{% set dimensions = ticket_dimensions(agent='resolver_id', team='resolver_team') %}

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

measured_rows as (

    select
        channel,
        source,
        priority,
        ticket_type,
        topic,
        status,
        customer_segment,
        resolver_id,
        resolver_team,
        resolution_calendar_minutes,
        resolution_business_minutes,
        first_solve_calendar_minutes,
        is_resolution_within_sla,
        is_solved,
        interaction_count,
        touch_count,
        last_solved_date as measured_date
    from tickets
    where is_in_scope and is_solved

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

figures as (

    {{ kpi_figures('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_tickets'), sums='sums', figures='figures') }}

)

select * from final
