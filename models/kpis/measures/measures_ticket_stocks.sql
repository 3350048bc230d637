{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI, period, dimension and member: stocks of in-scope tickets as they stood at the period's end.
{% set kpis = [
    {'kpi': 'open_backlog', 'args': ["case when stock = 'open_backlog' then change end"]},
    {'kpi': 'overdue_open_first_response', 'args': ["case when stock = 'overdue_open_first_response' then change end"]},
    {'kpi': 'overdue_open_resolution', 'args': ["case when stock = 'overdue_open_resolution' then change end"]},
] %}
{% set dimensions = ticket_dimensions(agent='assignee_id', team='team') %}

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

ticket_stock_changes as (

    select * from {{ ref('fct_ticket_stock_changes') }}

),

measured_rows as (

    select
        tickets.channel,
        tickets.source,
        tickets.team,
        tickets.assignee_id,
        tickets.priority,
        tickets.ticket_type,
        tickets.topic,
        tickets.status,
        tickets.customer_segment,
        ticket_stock_changes.stock,
        ticket_stock_changes.change,
        ticket_stock_changes.changed_date as measured_date
    from ticket_stock_changes
    inner join tickets on ticket_stock_changes.ticket_id = tickets.ticket_id
    where tickets.is_in_scope

),

day_fingerprints as (

    {{ day_fingerprints(['measured_rows']) }}

),

periods as (

    {{ periods_to_measure(ref('fct_tickets'), is_running_total=true) }}

),

changes as (

    {{ kpi_sums('measured_rows', dimensions, kpis, is_running_total=true) }}

),

stocks as (

    {{ kpi_stocks('changes', kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_tickets'), sums='stocks') }}

)

select * from final
