-- Grain: one row per KPI (headline variant), week, month or quarter, dimension and member: its last complete period.

with

points as (

    select * from {{ ref('scorecard_points') }}

),

control_charts as (

    select * from {{ ref('kpi_control_charts') }}

),

catalog as (

    select * from {{ ref('kpi_catalog') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

targets as (

    select * from {{ ref('stg_kpi_targets') }}

),

compared as (

    select
        kpi_key,
        kpi_variant,
        period_grain,
        dimension,
        member,
        unit,
        max(period_start_date) as period_start_date,
        max(value) filter (where age = 0) as value,
        max(value) filter (where age = 1) as previous_value,
        max(value) filter (
            where age = case period_grain when 'week' then 52 when 'month' then 12 else 4 end
        ) as year_before_value,

        -- Of a figure that cannot be added up, of fewer than four periods, or with one of them unknown: none.
        case
            when not bool_or(is_summable) or count(*) filter (where age <= 3) < 4 then null
            when {{ count_if("age <= 3 and numerator is null and unit = '" ~ var('reporting_currency') ~ "'") }} > 0
                then null
            when bool_and(denominator is null)
                then cast({{ exact_sum('case when age <= 3 then numerator end') }} as {{ type_double() }}) / 4
            else
                max({{ kpi_scale('unit') }})
                * cast({{ exact_sum('case when age <= 3 then numerator end') }} as {{ type_double() }})
                / nullif(cast({{ exact_sum('case when age <= 3 then denominator end') }} as {{ type_double() }}), 0)
        end as moving_value,
        bool_or(is_small_sample) filter (where age = 0) as is_small_sample

    from points
    group by kpi_key, kpi_variant, period_grain, dimension, member, unit

),

changed as (

    select
        compared.*,
        {{ kpi_change('compared.value', 'compared.previous_value', 'compared.unit') }} as change,
        {{ kpi_change('compared.value', 'compared.year_before_value', 'compared.unit') }} as change_year
    from compared

),

-- The target in force on the period's last day: the closest match, member before dimension before variant.
ranked_targets as (

    select
        compared.kpi_key,
        compared.period_grain,
        compared.dimension,
        compared.member,
        targets.target,
        targets.warning,
        row_number() over (
            partition by compared.kpi_key, compared.period_grain, compared.dimension, compared.member
            order by
                targets.member is null,
                targets.dimension is null,
                targets.kpi_variant is null,
                coalesce(targets.valid_from, date '0001-01-01') desc,
                targets.target
        ) as closeness
    from compared
    inner join periods
        on compared.period_grain = periods.period_grain
        and compared.period_start_date = periods.period_start_date
    inner join targets
        on compared.kpi_key = targets.kpi_key
        and compared.kpi_variant = coalesce(targets.kpi_variant, compared.kpi_variant)
        and compared.dimension = coalesce(targets.dimension, compared.dimension)
        and compared.member = coalesce(targets.member, compared.member)
        and periods.next_period_start_date - 1 >= coalesce(targets.valid_from, date '0001-01-01')
        and periods.next_period_start_date - 1 < coalesce(targets.valid_to, date '9999-12-31')

),

closest_targets as (

    select * from ranked_targets
    where closeness = 1

),

final as (

    select
        -- keys
        changed.kpi_key,
        changed.kpi_variant,
        changed.period_grain,
        changed.dimension,
        changed.member,
        changed.period_start_date,

        -- figure, and what it was
        changed.value,
        changed.previous_value,
        changed.year_before_value,
        {{ tidy('changed.change') }} as change,
        {{ tidy('changed.change_year') }} as change_year,
        {{ tidy('changed.moving_value') }} as moving_value,

        -- target
        closest_targets.target,
        {{ kpi_attainment(
            'changed.value', 'closest_targets.target', 'closest_targets.warning', 'catalog.good_direction'
        ) }} as attainment,

        -- trust
        changed.is_small_sample,
        control_charts.signal,
        control_charts.center as signal_center,
        control_charts.lower_limit as signal_lower_limit,
        control_charts.upper_limit as signal_upper_limit

    from changed
    inner join catalog on changed.kpi_key = catalog.kpi_key
    left join control_charts
        on changed.kpi_key = control_charts.kpi_key
        and changed.period_grain = control_charts.period_grain
        and changed.dimension = control_charts.dimension
        and changed.member = control_charts.member
    left join closest_targets
        on changed.kpi_key = closest_targets.kpi_key
        and changed.period_grain = closest_targets.period_grain
        and changed.dimension = closest_targets.dimension
        and changed.member = closest_targets.member

)

select * from final
