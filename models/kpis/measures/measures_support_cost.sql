-- Grain: one row per month, quarter or year, dimension and member: what support cost.
{% set kpis = [
    {'kpi': 'support_cost', 'args': ['cost_amount'], 'sample': 'count(cost_id)', 'is_null_when_missing': true},
] %}

with

costs as (

    select * from {{ ref('fct_costs') }}

),

cost_periods as (

    select * from {{ ref('fct_cost_periods') }}

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

begun_costs as (

    select costs.*
    from costs
    cross join reporting_window
    where {{ day_start('costs.cost_month') }} < reporting_window.as_of

),

measured_rows as (

    {% for grain in ['month', 'quarter', 'year'] -%}
    select
        begun_costs.cost_id,
        case when cost_periods.has_all_costs then begun_costs.cost_amount end as cost_amount,
        begun_costs.team,
        begun_costs.channel,
        cost_periods.period_grain,
        cost_periods.period_start_date
    from begun_costs
    inner join cost_periods
        on cost_periods.period_grain = '{{ grain }}'
        and {{ period_start(grain, 'begun_costs.cost_month') }} = cost_periods.period_start_date
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

figures as (

    {{ kpi_figures_by_period('measured_rows', {'team': 'team', 'channel': 'channel'}, kpis) }}

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
