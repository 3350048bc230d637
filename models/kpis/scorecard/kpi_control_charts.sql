-- Grain: one row per KPI (headline variant), week or month, dimension and member: its XmR control chart.
-- The last complete point is judged against limits that it helped to set; points without a value are skipped.

with

points as (

    select * from {{ ref('scorecard_points') }}

),

charted_points as (

    select
        *,
        row_number() over (
            partition by kpi_key, period_grain, dimension, member order by age
        ) as point_number,
        value - lead(value) over (
            partition by kpi_key, period_grain, dimension, member order by age
        ) as change
    from points
    where
        value is not null
        and age < case period_grain when 'week' then 26 when 'month' then 24 else 0 end

),

-- Rounded as the values are: of a series that never changes no point may lie beside its center.
baselines as (

    select
        kpi_key,
        kpi_variant,
        period_grain,
        dimension,
        member,
        count(*) as point_count,
        min(age) as latest_age,
        max(value) filter (where point_number = 1) as latest_value,
        {{ tidy("cast(" ~ exact_sum('value') ~ " as " ~ type_double() ~ ") / count(*)") }} as center,
        cast({{ exact_sum('abs(change)') }} as {{ type_double() }}) / nullif(count(change), 0) as mean_moving_range
    from charted_points
    group by kpi_key, kpi_variant, period_grain, dimension, member

),

limits as (

    select
        *,
        {{ tidy('center - 2.66 * mean_moving_range') }} as lower_limit,
        {{ tidy('center + 2.66 * mean_moving_range') }} as upper_limit
    from baselines

),

patterns as (

    select
        limits.kpi_key,
        limits.period_grain,
        limits.dimension,
        limits.member,
        {{ count_if('charted_points.point_number <= 8 and charted_points.value > limits.center') }} as points_above,
        {{ count_if('charted_points.point_number <= 8 and charted_points.value < limits.center') }} as points_below,
        {{ count_if('charted_points.point_number <= 5 and charted_points.change > 0') }} as rises,
        {{ count_if('charted_points.point_number <= 5 and charted_points.change < 0') }} as falls
    from limits
    inner join charted_points
        on limits.kpi_key = charted_points.kpi_key
        and limits.period_grain = charted_points.period_grain
        and limits.dimension = charted_points.dimension
        and limits.member = charted_points.member
    group by limits.kpi_key, limits.period_grain, limits.dimension, limits.member

),

final as (

    select
        -- keys
        limits.kpi_key,
        limits.kpi_variant,
        limits.period_grain,
        limits.dimension,
        limits.member,

        -- chart
        limits.point_count,
        limits.center,
        {{ tidy('limits.mean_moving_range') }} as mean_moving_range,
        limits.lower_limit,
        limits.upper_limit,

        -- verdict on the last complete point, none where it has no value
        case
            when limits.point_count < 12 or limits.latest_age > 0 then null
            when limits.latest_value > limits.upper_limit or limits.latest_value < limits.lower_limit
                then 'out_of_limits'
            when patterns.points_above = 8 or patterns.points_below = 8 then 'run_of_8'
            when patterns.rises = 5 or patterns.falls = 5 then 'trend_of_6'
            else 'routine'
        end as signal

    from limits
    inner join patterns
        on limits.kpi_key = patterns.kpi_key
        and limits.period_grain = patterns.period_grain
        and limits.dimension = patterns.dimension
        and limits.member = patterns.member

)

select * from final
