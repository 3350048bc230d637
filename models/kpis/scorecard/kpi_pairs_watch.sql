-- Grain: one row per pair of an efficiency and a quality KPI, week, month or quarter, dimension and member.

with

pairs as (

    select * from {{ ref('stg_kpi_pairs') }}

),

scorecard as (

    select * from {{ ref('kpi_scorecard') }}

),

points as (

    select * from {{ ref('scorecard_points') }}
    where age = 0

),

control_charts as (

    select * from {{ ref('kpi_control_charts') }}

),

catalog as (

    select * from {{ ref('kpi_catalog') }}

),

improvements as (

    select
        scorecard.*,
        {{ kpi_improvement('scorecard.value', 'scorecard.previous_value', 'catalog.good_direction') }} as improvement,
        case
            when points.lower_bound is not null
                then
                    scorecard.previous_value < points.lower_bound
                    or scorecard.previous_value > points.upper_bound
            else abs(scorecard.value - scorecard.previous_value) > control_charts.mean_moving_range
        end as is_beyond_noise
    from scorecard
    inner join catalog on scorecard.kpi_key = catalog.kpi_key
    left join points
        on scorecard.kpi_key = points.kpi_key
        and scorecard.period_grain = points.period_grain
        and scorecard.dimension = points.dimension
        and scorecard.member = points.member
    left join control_charts
        on scorecard.kpi_key = control_charts.kpi_key
        and scorecard.period_grain = control_charts.period_grain
        and scorecard.dimension = control_charts.dimension
        and scorecard.member = control_charts.member

),

final as (

    select
        -- keys
        pairs.efficiency_kpi_key,
        pairs.quality_kpi_key,
        efficiency.period_grain,
        efficiency.period_start_date,
        efficiency.dimension,
        efficiency.member,

        -- figures
        efficiency.value as efficiency_value,
        efficiency.change as efficiency_change,
        quality.value as quality_value,
        quality.change as quality_change,

        -- Better here, and worse there by more than chance explains: the previous value lies outside the interval of
        -- this one or, for a figure without interval, farther away than it usually moves.
        efficiency.improvement > 0 and quality.improvement < 0 and quality.is_beyond_noise as is_at_the_expense

    from pairs
    inner join improvements as efficiency on pairs.efficiency_kpi_key = efficiency.kpi_key
    inner join improvements as quality
        on pairs.quality_kpi_key = quality.kpi_key
        and efficiency.period_grain = quality.period_grain
        and efficiency.period_start_date = quality.period_start_date
        and efficiency.dimension = quality.dimension
        and efficiency.member = quality.member

)

select * from final
