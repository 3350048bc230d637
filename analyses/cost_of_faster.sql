-- What did faster cost us in satisfaction?
-- Que nous a coûté la rapidité en satisfaction ?
--
-- Where an efficiency KPI got better and the quality KPI paired with it got worse, beyond what is noise, in the last
-- complete month or quarter: first for the whole desk, then by channel and team. No row: faster cost nothing.

with

pairs as (

    select * from {{ ref('kpi_pairs_watch') }}

),

catalog as (

    select * from {{ ref('kpi_catalog') }}

),

final as (

    select
        pairs.period_grain,
        pairs.period_start_date,
        pairs.dimension,
        pairs.member,
        efficiency_kpis.name_en as efficiency_kpi,
        pairs.efficiency_value,
        pairs.efficiency_change,
        quality_kpis.name_en as quality_kpi,
        pairs.quality_value,
        pairs.quality_change
    from pairs
    inner join catalog as efficiency_kpis on pairs.efficiency_kpi_key = efficiency_kpis.kpi_key
    inner join catalog as quality_kpis on pairs.quality_kpi_key = quality_kpis.kpi_key
    where
        pairs.is_at_the_expense
        and pairs.period_grain in ('month', 'quarter')
        and pairs.dimension in ('overall', 'channel', 'team')

)

select * from final
order by
    case when dimension = 'overall' then 0 else 1 end,
    dimension, member, period_grain, efficiency_kpi, quality_kpi
