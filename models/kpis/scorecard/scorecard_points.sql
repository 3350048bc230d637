-- Grain: one row per KPI (headline variant), week, month or quarter of the last complete ones, dimension and member.
-- Dense: a member without a row counts 0 where a missing row means 0, and has no value elsewhere.

with

kpi_values as (

    select * from {{ ref('kpi_values') }}

),

catalog as (

    select * from {{ ref('kpi_catalog') }}

),

response_time_bands as (

    select * from {{ ref('stg_response_time_bands') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

-- The bands are the company's own: the shortest one is the headline, whatever it is called.
shortest_band as (

    select {{ value_at_first('band_key', 'upper_minutes', 'true') }} as band_key
    from response_time_bands

),

headlines as (

    select
        catalog.kpi_key,
        case
            when catalog.kpi_key = 'response_time_bands' then shortest_band.band_key
            else catalog.headline_variant
        end as kpi_variant,
        catalog.is_additive,
        catalog.unit = 'count' as is_count,
        catalog.kpi_key in ('tickets_resolved_per_business_day', 'tickets_handled_per_day') as is_per_day
    from catalog
    cross join shortest_band

),

complete_periods as (

    select
        period_grain,
        period_start_date,
        row_number() over (partition by period_grain order by period_start_date desc) as place
    from periods
    where is_complete_period and is_in_data_range and period_grain in ('week', 'month', 'quarter')

),

-- 53 weeks reach back to the same week a year before. Row numbers are filtered as they are: DuckDB 2.0.0 forgets what
-- is subtracted from them when it moves the filter.
recent_periods as (

    select
        period_grain,
        period_start_date,
        place - 1 as age
    from complete_periods
    where place <= 53

),

headline_values as (

    select
        kpi_values.*,
        -- A rate per day adds up from period to period, though not from member to member.
        headlines.is_additive or headlines.is_per_day as is_summable,
        headlines.is_count or headlines.is_per_day as is_zero_when_missing,
        recent_periods.age
    from kpi_values
    inner join headlines
        on kpi_values.kpi_key = headlines.kpi_key
        and kpi_values.kpi_variant = headlines.kpi_variant
    inner join recent_periods
        on kpi_values.period_grain = recent_periods.period_grain
        and kpi_values.period_start_date = recent_periods.period_start_date

),

-- Members of the last complete period or the one before: one that fell to nothing is still shown.
members as (

    select distinct
        kpi_key,
        kpi_variant,
        period_grain,
        dimension,
        member,
        unit,
        is_summable,
        is_zero_when_missing
    from headline_values
    where age <= 1

),

final as (

    select
        -- keys
        members.kpi_key,
        members.kpi_variant,
        members.period_grain,
        recent_periods.period_start_date,
        members.dimension,
        members.member,
        recent_periods.age,

        -- figure
        members.unit,
        members.is_summable,
        coalesce(headline_values.numerator, case when members.is_zero_when_missing then 0 end) as numerator,
        coalesce(
            headline_values.denominator,
            case when members.is_zero_when_missing then overall_values.denominator end
        ) as denominator,
        coalesce(headline_values.value, case when members.is_zero_when_missing then 0 end) as value,
        headline_values.lower_bound,
        headline_values.upper_bound,
        headline_values.is_small_sample

    from members
    inner join recent_periods on members.period_grain = recent_periods.period_grain
    left join headline_values
        on members.kpi_key = headline_values.kpi_key
        and members.period_grain = headline_values.period_grain
        and members.dimension = headline_values.dimension
        and members.member = headline_values.member
        and recent_periods.age = headline_values.age
    -- The days that divide a rate per day are the same for every member.
    left join headline_values as overall_values
        on members.kpi_key = overall_values.kpi_key
        and members.period_grain = overall_values.period_grain
        and recent_periods.age = overall_values.age
        and overall_values.dimension = 'overall'

)

select * from final
