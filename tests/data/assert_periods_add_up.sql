-- Days add up to their month and week, months to their quarter, quarters to their year: numerators and denominators of
-- the KPIs that the catalogue calls additive, whether the longer period or its parts are missing. Stocks stand and do
-- not add up. Costs count from the period's first month, even if the data begin later: such a period has parts that
-- are not there. And they are unknown, not less, in a period with a month without costs.
{% set parts = {'week': 'day', 'month': 'day', 'quarter': 'month', 'year': 'quarter'} %}

with

kpi_values as {{ not_materialized() }}(

    select * from {{ ref('kpi_values') }}

),

catalog as (

    select * from {{ ref('kpi_catalog') }}

),

first_months as (

    select min(month_start_date) as first_month_start_date from {{ ref('dim_dates') }}

),

-- KPIs of costs have no days, those of customers no weeks.
measured_grains as (

    select distinct
        kpi_key,
        period_grain
    from kpi_values

),

summed_grains as (

    {% for whole, part in parts.items() -%}
    select
        catalog.kpi_key,
        '{{ whole }}' as period_grain,
        '{{ part }}' as part_grain,
        case when catalog.family = 'cost' then first_months.first_month_start_date end as earliest_start_date
    from catalog
    inner join measured_grains on catalog.kpi_key = measured_grains.kpi_key
    cross join first_months
    where catalog.is_additive and measured_grains.period_grain = '{{ part }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A KPI, variant, dimension and member as one number: grouping by the four texts takes five times as long. Were two of
-- them to share a number, their sums would still have to agree.
wholes as (

    select
        {{ row_hash(['kpi_values.kpi_key', 'kpi_values.kpi_variant', 'kpi_values.dimension', 'kpi_values.member']) }}
            as series_number,
        kpi_values.period_grain,
        kpi_values.period_start_date,
        kpi_values.numerator,
        kpi_values.denominator
    from kpi_values
    inner join summed_grains
        on kpi_values.kpi_key = summed_grains.kpi_key
        and kpi_values.period_grain = summed_grains.period_grain
    where
        summed_grains.earliest_start_date is null
        or kpi_values.period_start_date >= summed_grains.earliest_start_date

),

added_up as (

    {% for whole, part in parts.items() -%}
    select
        {{ row_hash(['kpi_values.kpi_key', 'kpi_values.kpi_variant', 'kpi_values.dimension', 'kpi_values.member']) }}
            as series_number,
        '{{ whole }}' as period_grain,
        {{ period_start(whole, 'kpi_values.period_start_date') }} as period_start_date,
        sum(kpi_values.numerator) as numerator,
        sum(kpi_values.denominator) as denominator
    from kpi_values
    inner join summed_grains on kpi_values.kpi_key = summed_grains.kpi_key
    where
        kpi_values.period_grain = '{{ part }}'
        and summed_grains.period_grain = '{{ whole }}'
        and (
            summed_grains.earliest_start_date is null
            or {{ period_start(whole, 'kpi_values.period_start_date') }} >= summed_grains.earliest_start_date
        )
    group by
        {{ row_hash(['kpi_values.kpi_key', 'kpi_values.kpi_variant', 'kpi_values.dimension', 'kpi_values.member']) }},
        {{ period_start(whole, 'kpi_values.period_start_date') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

compared as (

    select
        coalesce(wholes.series_number, added_up.series_number) as series_number,
        coalesce(wholes.period_grain, added_up.period_grain) as period_grain,
        coalesce(wholes.period_start_date, added_up.period_start_date) as period_start_date,
        coalesce(wholes.numerator, 0) as numerator,
        coalesce(added_up.numerator, 0) as numerator_of_parts,
        coalesce(wholes.denominator, 0) as denominator,
        coalesce(added_up.denominator, 0) as denominator_of_parts
    from wholes
    full join added_up
        on wholes.series_number = added_up.series_number
        and wholes.period_grain = added_up.period_grain
        and wholes.period_start_date = added_up.period_start_date

),

differences as (

    select * from compared
    where
        abs(numerator - numerator_of_parts) > 0.000001 * (1 + abs(numerator))
        or abs(denominator - denominator_of_parts) > 0.000001 * (1 + abs(denominator))

),

-- So few that all the rows need not be sorted to find them.
first_different_series as (

    select distinct series_number from differences
    order by series_number
    limit 100

),

names as (

    select distinct
        {{ row_hash(['kpi_key', 'kpi_variant', 'dimension', 'member']) }} as series_number,
        kpi_key,
        kpi_variant,
        dimension,
        member
    from kpi_values
    where
        {{ row_hash(['kpi_key', 'kpi_variant', 'dimension', 'member']) }}
        in (select first_different_series.series_number from first_different_series)

),

-- All KPIs of costs are unknown where the cost itself is.
unknown_costs as (

    select
        period_grain,
        period_start_date
    from kpi_values
    where kpi_key = 'support_cost' and dimension = 'overall' and numerator is null

)

select
    names.kpi_key,
    names.kpi_variant,
    differences.period_grain,
    differences.period_start_date,
    names.dimension,
    names.member,
    differences.numerator,
    differences.numerator_of_parts,
    differences.denominator,
    differences.denominator_of_parts
from differences
left join names on differences.series_number = names.series_number
left join catalog on names.kpi_key = catalog.kpi_key
left join unknown_costs
    on catalog.family = 'cost'
    and differences.period_grain = unknown_costs.period_grain
    and differences.period_start_date = unknown_costs.period_start_date
where unknown_costs.period_grain is null
