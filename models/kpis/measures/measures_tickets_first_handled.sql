{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: tickets at their creation, for the
-- agent who first acted.
{% set kpis = [
    {'kpi': 'escalation_rate', 'args': ['is_first_handled_at_tier_1', 'is_escalated']},
] %}
{% set dimensions = ticket_dimensions(agent='first_line_agent_id', team='first_line_agent_team') %}

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
        first_line_agent_id,
        first_line_agent_team,
        is_first_handled_at_tier_1,
        is_escalated,
        created_date as measured_date
    from tickets
    where is_in_scope and is_first_handled_at_tier_1

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
