{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: tickets on the days on which agents
-- worked on them, for the acting agent.
{% set handled_kpis = [{'kpi': 'tickets_handled_per_day', 'args': ['is_counted', 'null'], 'per': 'day_count'}] %}
{% set pair_kpis = [{'kpi': 'tickets_per_agent', 'args': ['agent_id']}] %}
{% set dimensions = ticket_dimensions(agent='agent_id', team='team') %}
{% set agent_dimensions = {'agent': 'agent_id'} %}
{% set team_dimensions = {'team': 'team'} %}
{% set ticket_only_dimensions = {} %}
{%- for dimension, column in dimensions.items() if dimension not in ['agent', 'team'] %}
{%- do ticket_only_dimensions.update({dimension: column}) %}
{%- endfor %}

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

agent_ticket_days as (

    select * from {{ ref('fct_agent_ticket_days') }}

),

action_rows as (

    select
        tickets.channel,
        tickets.source,
        tickets.priority,
        tickets.ticket_type,
        tickets.topic,
        tickets.status,
        tickets.customer_segment,
        agent_ticket_days.ticket_id,
        agent_ticket_days.agent_id,
        agent_ticket_days.team,
        agent_ticket_days.is_first_of_day,
        agent_ticket_days.is_first_of_team_day,
        agent_ticket_days.earlier_action_date,
        agent_ticket_days.action_date as measured_date
    from agent_ticket_days
    inner join tickets on agent_ticket_days.ticket_id = tickets.ticket_id
    where tickets.is_in_scope

),

day_fingerprints as (

    {{ day_fingerprints(['action_rows']) }}

),

periods as (

    {{ periods_to_measure(ref('fct_tickets')) }}

),

-- Each dimension counts a ticket's day once for each of its members: overall once, for agents and teams as often as
-- they took part.
ticket_rows as (

    select
        *,
        is_first_of_day as is_counted
    from action_rows

),

team_rows as (

    select
        *,
        is_first_of_team_day as is_counted
    from action_rows

),

agent_rows as (

    select
        *,
        true as is_counted
    from action_rows

),

handled_by_ticket as (

    {{ kpi_sums('ticket_rows', ticket_only_dimensions, handled_kpis) }}

),

handled_by_team as (

    {{ kpi_sums('team_rows', team_dimensions, handled_kpis, has_overall=false) }}

),

handled_by_agent as (

    {{ kpi_sums('agent_rows', agent_dimensions, handled_kpis, has_overall=false) }}

),

handled as (

    select * from handled_by_ticket
    union all
    select * from handled_by_team
    union all
    select * from handled_by_agent

),

-- A pair counts once in a period: on the first of its days.
pair_rows as (

    select * from action_rows
    where agent_id is not null

),

pairs as (

    {{ kpi_figures('pair_rows', dimensions, pair_kpis, earlier_date='earlier_action_date', once_per='agent_id') }}

),

final as (

    {{ kpi_rows(handled_kpis + pair_kpis, ref('fct_tickets'), sums='handled', figures='pairs') }}

)

select * from final
