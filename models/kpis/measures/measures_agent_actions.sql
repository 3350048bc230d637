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
        agent_ticket_days.action_date as measured_date
    from agent_ticket_days
    inner join tickets on agent_ticket_days.ticket_id = tickets.ticket_id
    where tickets.is_in_scope

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

-- One row per pair and period: counting distinct pairs in every grouping would cost many times as much.
pair_rows as (

    {% for grain in kpi_grains() -%}
    select distinct
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'measured_date') }} as period_start_date,
        channel,
        source,
        priority,
        ticket_type,
        topic,
        status,
        customer_segment,
        ticket_id,
        agent_id,
        team
    from action_rows
    where agent_id is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

pairs as (

    {{ kpi_figures('pair_rows', dimensions, pair_kpis, is_by_period=true) }}

),

measured as (

    select * from handled_by_ticket
    union all
    select * from handled_by_team
    union all
    select * from handled_by_agent
    union all
    select * from pairs

),

final as (

    {{ kpi_rows('measured', handled_kpis + pair_kpis, ref('fct_tickets')) }}

)

select * from final
