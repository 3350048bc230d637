{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: tickets at their first solve, for
-- their resolver.
{% set kpis = [
    {'kpi': 'fcr_rate', 'args': ['is_fcr_counted', 'is_resolved_at_first_contact'], 'immature': 'is_fcr_immature'},
    {'kpi': 'repeat_contact_rate', 'args': ['is_fcr_counted', 'has_repeat_contact'], 'immature': 'is_fcr_immature'},
    {'kpi': 'reopen_rate', 'args': ['is_reopen_counted', 'is_reopened_in_window'], 'immature': 'is_reopen_immature'},
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
        is_fcr_counted,
        is_fcr_immature,
        is_resolved_at_first_contact,
        has_repeat_contact,
        is_reopen_counted,
        is_reopen_immature,
        is_reopened_in_window,
        first_solved_date as measured_date
    from tickets
    where is_in_scope and first_solved_at is not null

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
