-- Grain: one row per month, quarter or year, dimension and member: active customers who may leave.
{% set kpis = [{'kpi': 'customers_at_risk', 'args': ['is_active_at_end', 'warning_count']}] %}

with

customer_risks as (

    select * from {{ ref('fct_customer_risks') }}

),

figures as (

    {{ kpi_figures('customer_risks', {'customer_segment': 'customer_segment'}, kpis, is_by_period=true) }}

),

final as (

    {{ kpi_rows(
        'figures',
        kpis,
        ref('stg_subscriptions'),
        periods_where=periods_of(['month', 'quarter', 'year'])
    ) }}

)

select * from final
