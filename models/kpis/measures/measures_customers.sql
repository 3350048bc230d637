-- Grain: one row per KPI, complete month, quarter or year, dimension and member: customers who stay or leave.
{% set kpis = [
    {'kpi': 'customer_retention_rate', 'args': ['customers_before', 'customers_lost']},
    {'kpi': 'churn_rate_start', 'args': ['customers_before', 'customers_lost']},
    {'kpi': 'churn_rate_period', 'args': ['customers_before', 'customers_joined', 'customers_gone']},
] %}

with

customer_periods as (

    select * from {{ ref('fct_customer_periods') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

measured_rows as (

    select customer_periods.*
    from customer_periods
    inner join periods
        on customer_periods.period_grain = periods.period_grain
        and customer_periods.period_start_date = periods.period_start_date
    where periods.is_complete_period

),

figures as (

    {{ kpi_figures_by_period('measured_rows', {'customer_segment': 'customer_segment'}, kpis) }}

),

final as (

    {{ kpi_rows(
        kpis,
        ref('stg_subscriptions'),
        figures_by_period='figures',
        periods_where=periods_of(['month', 'quarter', 'year'], is_complete=true)
    ) }}

)

select * from final
