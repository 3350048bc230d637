-- Grain: one row per month, quarter or year: what support cost in it.
-- The cost is unknown, not 0, where one of the months that have begun has no cost at all; a year is looked at from
-- January, even if the data begin later. So is what people cost where all that was spent is for automation.

with

costs as (

    select * from {{ ref('fct_costs') }}

),

periods as (

    select * from {{ ref('dim_periods') }}
    where is_in_data_range and period_grain in ('month', 'quarter', 'year')

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

costs_by_month as (

    select
        cost_month,
        count(*) as cost_count,
        {{ exact_sum('cost_amount') }} as cost_amount,
        {{ exact_sum("case when cost_category = 'automation_usage' then cost_amount else 0 end") }}
            as usage_cost_amount,
        {{ exact_sum("case when cost_category = 'automation_fixed' then cost_amount else 0 end") }}
            as fixed_cost_amount,
        {{ exact_sum("case when left(cost_category, 11) <> 'automation_' then cost_amount end") }}
            as human_cost_amount
    from costs
    group by cost_month

),

month_instants as (

    select
        period_grain,
        period_start_date,
        {{ series('period_start_date', 'next_period_start_date - 1', '1 month') }} as month_at
    from periods

),

period_months as (

    select
        period_grain,
        period_start_date,
        cast(month_at as date) as cost_month
    from month_instants

),

begun_months as (

    select period_months.*
    from period_months
    cross join reporting_window
    where {{ day_start('period_months.cost_month') }} < reporting_window.as_of

),

summed as (

    select
        begun_months.period_grain,
        begun_months.period_start_date,
        count(*) = count(costs_by_month.cost_month) as has_all_costs,
        sum(costs_by_month.cost_count) as cost_count,
        sum(costs_by_month.cost_amount) as cost_amount,
        sum(costs_by_month.human_cost_amount) as human_cost_amount,
        sum(costs_by_month.usage_cost_amount) as usage_cost_amount,
        sum(costs_by_month.fixed_cost_amount) as fixed_cost_amount
    from begun_months
    left join costs_by_month on begun_months.cost_month = costs_by_month.cost_month
    group by begun_months.period_grain, begun_months.period_start_date

),

final as (

    select
        -- keys
        period_grain,
        period_start_date,

        -- costs
        has_all_costs,
        cast(case when has_all_costs then cost_count end as bigint) as cost_count,
        cast(case when has_all_costs then cost_amount end as {{ type_double() }}) as cost_amount,
        cast(case when has_all_costs then human_cost_amount end as {{ type_double() }}) as human_cost_amount,
        cast(case when has_all_costs then usage_cost_amount end as {{ type_double() }}) as usage_cost_amount,
        cast(case when has_all_costs then fixed_cost_amount end as {{ type_double() }}) as fixed_cost_amount

    from summed

)

select * from final
