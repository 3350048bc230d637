-- Days add up to their month and week, months to their quarter, quarters to their year: numerators and denominators of
-- the KPIs that the catalogue calls additive. Stocks stand and do not add up. Costs count from the period's first
-- month, even if the data begin later: such a period has parts that are not there.

with

kpi_values as (

    select * from {{ ref('kpi_values') }}

),

additive_kpis as (

    select
        kpi_key,
        family = 'cost' as is_cost
    from {{ ref('kpi_catalog') }}
    where is_additive

),

dates as (

    select * from {{ ref('dim_dates') }}

),

first_months as (

    select min(month_start_date) as first_month_start_date from dates

),

additive_values as (

    select
        kpi_values.kpi_key,
        kpi_values.kpi_variant,
        kpi_values.period_grain,
        kpi_values.period_start_date,
        kpi_values.dimension,
        kpi_values.member,
        kpi_values.numerator,
        kpi_values.denominator,
        additive_kpis.is_cost
    from kpi_values
    inner join additive_kpis on kpi_values.kpi_key = additive_kpis.kpi_key

),

{% set parts = {'week': 'day', 'month': 'day', 'quarter': 'month', 'year': 'quarter'} %}
added_up as (

    {% for whole, part in parts.items() %}
    select
        kpi_key,
        kpi_variant,
        '{{ whole }}' as period_grain,
        {{ period_start(whole, 'period_start_date') }} as period_start_date,
        dimension,
        member,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from additive_values
    where period_grain = '{{ part }}'
    group by kpi_key, kpi_variant, {{ period_start(whole, 'period_start_date') }}, dimension, member
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- KPIs of costs have no days, those of customers no weeks.
measured_grains as (

    select distinct
        kpi_key,
        period_grain
    from added_up

)

select
    whole.kpi_key,
    whole.kpi_variant,
    whole.period_grain,
    whole.period_start_date,
    whole.dimension,
    whole.member,
    whole.numerator,
    added_up.numerator as numerator_of_parts,
    whole.denominator,
    added_up.denominator as denominator_of_parts
from additive_values as whole
cross join first_months
inner join measured_grains
    on whole.kpi_key = measured_grains.kpi_key
    and whole.period_grain = measured_grains.period_grain
left join added_up
    on whole.kpi_key = added_up.kpi_key
    and whole.kpi_variant = added_up.kpi_variant
    and whole.period_grain = added_up.period_grain
    and whole.period_start_date = added_up.period_start_date
    and whole.dimension = added_up.dimension
    and whole.member = added_up.member
where
    (
        abs(whole.numerator - coalesce(added_up.numerator, 0)) > 0.000001 * (1 + abs(whole.numerator))
        or abs(whole.denominator - coalesce(added_up.denominator, 0)) > 0.000001 * (1 + abs(whole.denominator))
    )
    and not (whole.is_cost and whole.period_start_date < first_months.first_month_start_date)
