-- Grain: one row per KPI variant, period, dimension and member: tickets on the days on which agents
-- worked on them, for the acting agent.
{% set kpis = [
    {'kpi': 'tickets_handled_per_day', 'args': ['ticket_day', 'null'], 'per': 'day_count'},
    {'kpi': 'tickets_per_agent', 'args': ['agent_ticket', 'agent_id']},
] %}
{% set dimensions = ticket_dimensions(agent='agent_id', team='team') %}

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

agent_ticket_days as (

    select * from {{ ref('fct_agent_ticket_days') }}

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
        agent_ticket_days.agent_id,
        agent_ticket_days.team,
        agent_ticket_days.ticket_id || ' ' || cast(agent_ticket_days.action_date as {{ type_text() }}) as ticket_day,
        agent_ticket_days.agent_id || ' ' || agent_ticket_days.ticket_id as agent_ticket,
        agent_ticket_days.action_date as measured_date
    from agent_ticket_days
    inner join tickets on agent_ticket_days.ticket_id = tickets.ticket_id
    where tickets.is_in_scope

),

sums as (

    {{ kpi_sums('measured_rows', dimensions, kpis) }}

),

figures as (

    {{ kpi_figures('measured_rows', dimensions, kpis) }}

),

measured as (

    select * from sums
    union all
    select * from figures

),

final as (

    {{ kpi_rows('measured', kpis, ref('stg_tickets')) }}

)

select * from final
