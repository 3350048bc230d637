-- Grain: one row per KPI and month, quarter or year: what a resolution and an interaction cost, what bots save.
{% set kpis = [
    {'kpi': 'cost_per_resolution', 'args': ['cost_amount', 'resolved_tickets'], 'is_null_when_missing': true},
    {'kpi': 'cost_per_interaction', 'args': ['cost_amount', 'interactions'], 'is_null_when_missing': true},
] %}

with

cost_periods as (

    select * from {{ ref('fct_cost_periods') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

ticket_events as (

    select * from {{ ref('fct_ticket_events') }}

),

contacts as (

    select * from {{ ref('fct_contacts') }}

),

bot_conversations as (

    select * from {{ ref('fct_bot_conversations') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

-- What is counted, by day; where there are no contacts at all, replies stand in for them.
handled as (

    select
        last_solved_date as handled_date,
        1 as resolved_tickets,
        0 as interactions
    from tickets
    where is_in_scope and is_solved

    union all

    select
        ended_date as handled_date,
        0 as resolved_tickets,
        1 as interactions
    from contacts
    where is_answered_by_human

    union all

    select
        started_date as handled_date,
        0 as resolved_tickets,
        1 as interactions
    from bot_conversations
    where answer_count >= 1

    union all

    select
        {{ local_date('ticket_events.occurred_at') }} as handled_date,
        0 as resolved_tickets,
        1 as interactions
    from ticket_events
    inner join tickets on ticket_events.ticket_id = tickets.ticket_id
    where
        tickets.is_in_scope
        and ticket_events.is_reply
        and not exists (select 1 from contacts)

),

handled_by_month as (

    select
        {{ period_start('month', 'handled_date') }} as handled_month,
        sum(resolved_tickets) as resolved_tickets,
        sum(interactions) as interactions
    from handled
    group by {{ period_start('month', 'handled_date') }}

),

measured_rows as (

    select
        period_grain,
        period_start_date,
        cost_amount,
        0 as resolved_tickets,
        0 as interactions
    from cost_periods

    {% for grain in ['month', 'quarter', 'year'] -%}
    union all

    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'handled_month') }} as period_start_date,
        null as cost_amount,
        resolved_tickets,
        interactions
    from handled_by_month
    {% endfor %}

),

figures as (

    {{ kpi_figures_by_period('measured_rows', {}, kpis) }}

),

final as (

    {{ kpi_rows(
        kpis,
        ref('fct_costs'),
        figures_by_period='figures',
        periods_where=periods_of(['month', 'quarter', 'year'])
    ) }}

)

select * from final
