-- Grain: one row per month, quarter or year, dimension and member: active customers who may leave.
{% set kpis = [{'kpi': 'customers_at_risk', 'args': ['is_active_at_end', 'warning_count']}] %}

with

customer_risks as (

    select * from {{ ref('fct_customer_risks') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

figures as (

    {{ kpi_figures_by_period('customer_risks', {'customer_segment': 'customer_segment'}, kpis) }}

),

final as (

    {{ kpi_rows(
        kpis,
        ref('stg_subscriptions'),
        figures_by_period='figures',
        periods_where=periods_of(['month', 'quarter', 'year'])
    ) }}

)

select * from final
