-- Days add up to their month and week, months to their quarter, quarters to their year: numerators and denominators of
-- the KPIs that the catalogue calls additive, whether the longer period or its parts are missing. Stocks stand and do
-- not add up. Costs count from the period's first month, even if the data begin later: such a period has parts that
-- are not there. And they are unknown, not less, in a period with a month without costs.
--
-- All members of a dimension are tested as one sum in which each has a weight of its own, so that what one has too much
-- does not make up for what another lacks: a hundredth of the sums that a comparison of each member would take.
{% set parts = {'week': 'day', 'month': 'day', 'quarter': 'month', 'year': 'quarter'} %}
{% set weight = '(1 + abs(' ~ row_hash(['member']) ~ ' % 1000))' %}

with

catalog as (

    select * from {{ ref('kpi_catalog') }}

),

first_months as (

    select min(month_start_date) as first_month_start_date from {{ ref('dim_dates') }}

),

sums as (

    select
        kpi_key,
        kpi_variant,
        dimension,
        period_grain,
        period_start_date,
        sum(numerator * {{ weight }}) as numerator,
        sum(denominator * {{ weight }}) as denominator,
        sum((abs(coalesce(numerator, 0)) + abs(coalesce(denominator, 0))) * {{ weight }}) as size,
        count(*) as row_count
    from {{ ref('kpi_values') }}
    group by kpi_key, kpi_variant, dimension, period_grain, period_start_date

),

-- KPIs of costs have no days, those of customers no weeks.
measured_grains as (

    select distinct
        kpi_key,
        period_grain
    from sums

),

summed_grains as (

    {% for whole, part in parts.items() -%}
    select
        catalog.kpi_key,
        catalog.family,
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

wholes_and_parts as (

    select
        kpi_key,
        kpi_variant,
        dimension,
        period_grain,
        period_start_date,
        numerator,
        denominator,
        0 as numerator_of_parts,
        0 as denominator_of_parts,
        size,
        row_count
    from sums

    union all

    {% for whole, part in parts.items() -%}
    select
        kpi_key,
        kpi_variant,
        dimension,
        '{{ whole }}' as period_grain,
        {{ period_start(whole, 'period_start_date') }} as period_start_date,
        0 as numerator,
        0 as denominator,
        numerator as numerator_of_parts,
        denominator as denominator_of_parts,
        size,
        row_count
    from sums
    where period_grain = '{{ part }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

compared as (

    select
        kpi_key,
        kpi_variant,
        dimension,
        period_grain,
        period_start_date,
        coalesce(sum(numerator), 0) as numerator,
        coalesce(sum(numerator_of_parts), 0) as numerator_of_parts,
        coalesce(sum(denominator), 0) as denominator,
        coalesce(sum(denominator_of_parts), 0) as denominator_of_parts,
        -- Figures are kept to nine decimals, so that each may be off by half of the last, times its weight.
        0.000001 * sum(row_count) + 0.000000001 * sum(size) as tolerance
    from wholes_and_parts
    group by kpi_key, kpi_variant, dimension, period_grain, period_start_date

),

-- All KPIs of costs are unknown where the cost itself is.
unknown_costs as (

    select
        period_grain,
        period_start_date
    from {{ ref('kpi_values') }}
    where kpi_key = 'support_cost' and dimension = 'overall' and numerator is null

)

select
    compared.kpi_key,
    compared.kpi_variant,
    compared.period_grain,
    compared.period_start_date,
    compared.dimension,
    compared.numerator as weighted_numerator,
    compared.numerator_of_parts as weighted_numerator_of_parts,
    compared.denominator as weighted_denominator,
    compared.denominator_of_parts as weighted_denominator_of_parts
from compared
inner join summed_grains
    on compared.kpi_key = summed_grains.kpi_key
    and compared.period_grain = summed_grains.period_grain
left join unknown_costs
    on summed_grains.family = 'cost'
    and compared.period_grain = unknown_costs.period_grain
    and compared.period_start_date = unknown_costs.period_start_date
where
    unknown_costs.period_grain is null
    and (
        summed_grains.earliest_start_date is null
        or compared.period_start_date >= summed_grains.earliest_start_date
    )
    and (
        abs(compared.numerator - compared.numerator_of_parts) > compared.tolerance
        or abs(compared.denominator - compared.denominator_of_parts) > compared.tolerance
    )
