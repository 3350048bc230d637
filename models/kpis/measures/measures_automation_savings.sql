-- Grain: one row per month, quarter or year: what the resolutions of bots saved.
{% set kpis = [
    {
        'kpi': 'automation_cost_savings',
        'args': [
            'automated_resolutions', 'human_cost_amount', 'human_resolutions', 'usage_cost_amount', 'fixed_cost_amount'
        ],
        'immature': 'is_immature_conversation',
        'sample': 'sum(automated_resolutions)',
        'is_null_when_missing': true,
    },
] %}

with

cost_periods as (

    select * from {{ ref('fct_cost_periods') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

bot_conversations as (

    select * from {{ ref('fct_bot_conversations') }}

),

costs as (

    select * from {{ ref('fct_costs') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

resolutions as (

    select
        last_solved_date as resolved_date,
        0 as automated_resolutions,
        1 as human_resolutions,
        false as is_immature_conversation
    from tickets
    where is_in_scope and is_solved and is_handled_by_human

    union all

    select
        started_date as resolved_date,
        case when is_mature and is_resolved then 1 else 0 end as automated_resolutions,
        0 as human_resolutions,
        not is_mature as is_immature_conversation
    from bot_conversations

),

measured_rows as (

    select
        period_grain,
        period_start_date,
        human_cost_amount,
        usage_cost_amount,
        fixed_cost_amount,
        0 as automated_resolutions,
        0 as human_resolutions,
        false as is_immature_conversation
    from cost_periods

    {% for grain in ['month', 'quarter', 'year'] -%}
    union all

    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'resolved_date') }} as period_start_date,
        null as human_cost_amount,
        null as usage_cost_amount,
        null as fixed_cost_amount,
        automated_resolutions,
        human_resolutions,
        is_immature_conversation
    from resolutions
    {% endfor %}

),

costs_and_bots as (

    select 1 as is_present
    where exists (select 1 from costs) and exists (select 1 from bot_conversations)

),

figures as (

    {{ kpi_figures_by_period('measured_rows', {}, kpis) }}

),

final as (

    {{ kpi_rows(
        kpis,
        'costs_and_bots',
        figures_by_period='figures',
        periods_where=periods_of(['month', 'quarter', 'year'])
    ) }}

)

select * from final
