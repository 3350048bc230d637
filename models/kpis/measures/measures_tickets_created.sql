{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: in-scope tickets at their creation.
{% set kpis = [
    {'kpi': 'ticket_volume', 'args': ['ticket_id']},
    {'kpi': 'resolution_rate', 'args': ['ticket_id', 'is_solved']},
    {'kpi': 'new_customers_supported', 'args': ['is_first_answered_ticket_of_customer']},
] %}
{% set dimensions = ticket_dimensions(agent='assignee_id', team='team') %}

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
        assignee_id,
        team,
        ticket_id,
        is_solved,
        is_first_answered_ticket_of_customer,
        created_date as measured_date
    from tickets
    where is_in_scope

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
