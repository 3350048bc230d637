-- Is it a trend or a blip?
-- Est-ce une tendance ou un accident ?
--
-- The last complete week of each KPI beside the week before, the year before and the moving figure of four weeks.
-- `signal` judges: `out_of_limits`, `run_of_8` and `trend_of_6` are more than noise, `routine` is noise, however red it
-- looks. The whole desk comes first; of channels and teams only what is more than noise is shown. A figure over few
-- rows is flagged.

with

scorecard as (

    select * from {{ ref('kpi_scorecard') }}
    where period_grain = 'week' and signal is not null

),

catalog as (

    select * from {{ ref('kpi_catalog') }}

),

final as (

    select
        scorecard.signal,
        catalog.name_en,
        catalog.name_fr,
        catalog.unit,
        scorecard.dimension,
        scorecard.member,
        scorecard.period_start_date as week_start_date,
        scorecard.value,
        scorecard.change,
        scorecard.change_year,
        scorecard.moving_value,
        scorecard.attainment,
        scorecard.is_small_sample
    from scorecard
    inner join catalog on scorecard.kpi_key = catalog.kpi_key
    where
        scorecard.dimension = 'overall'
        or (scorecard.dimension in ('channel', 'team') and scorecard.signal <> 'routine')

)

select * from final
order by
    case when dimension = 'overall' then 0 else 1 end,
    case when signal = 'routine' then 1 else 0 end,
    name_en, dimension, member
