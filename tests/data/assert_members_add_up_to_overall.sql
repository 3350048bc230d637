-- Where each row has one member, the members' sums are those of `overall`. Not so for the agents and teams of actions
-- and contacts, of which one row can have several, nor for distinct counts. A missing member row is 0.

with

kpi_values as (

    select * from {{ rows_to_test(ref('kpi_values')) }}

),

additive_values as (

    select
        kpi_key,
        kpi_variant,
        period_grain,
        period_start_date,
        dimension,
        numerator,
        -- The days of a rate per day are the same for all members, and are not summed.
        case when kpi_key not in ('tickets_handled_per_day', 'tickets_resolved_per_business_day') then denominator end
            as denominator
    from kpi_values
    where
        kpi_key not in (
            'tickets_per_agent', 'self_service_usage_rate', 'self_service_success_rate', 'knowledge_gap_count'
        )
        -- A mean of dimensions' means has no sums.
        and kpi_key not in ('qos_score', 'servqual_gap')
        and not (
            dimension in ('agent', 'team')
            and kpi_key in (
                'tickets_handled_per_day', 'average_handle_time', 'average_wait_time',
                'answer_rate', 'answer_rate_within_threshold', 'abandon_rate'
            )
        )

),

sums as (

    select
        kpi_key,
        kpi_variant,
        period_grain,
        period_start_date,
        dimension,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from additive_values
    group by kpi_key, kpi_variant, period_grain, period_start_date, dimension

),

dimensions as (

    select distinct
        kpi_key,
        kpi_variant,
        dimension
    from sums
    where dimension <> 'overall'

),

overall as (

    select * from sums
    where dimension = 'overall'

)

select
    overall.kpi_key,
    overall.kpi_variant,
    overall.period_grain,
    overall.period_start_date,
    dimensions.dimension,
    overall.numerator,
    sums.numerator as numerator_of_members,
    overall.denominator,
    sums.denominator as denominator_of_members
from overall
inner join dimensions
    on overall.kpi_key = dimensions.kpi_key
    and overall.kpi_variant = dimensions.kpi_variant
left join sums
    on overall.kpi_key = sums.kpi_key
    and overall.kpi_variant = sums.kpi_variant
    and overall.period_grain = sums.period_grain
    and overall.period_start_date = sums.period_start_date
    and dimensions.dimension = sums.dimension
where
    abs(overall.numerator - coalesce(sums.numerator, 0)) > 0.000001 * (1 + abs(overall.numerator))
    or abs(overall.denominator - coalesce(sums.denominator, 0)) > 0.000001 * (1 + abs(overall.denominator))
