-- Promoters, passives and detractors are all who answered, and the score is promoters less detractors.

with

kpi_values as (

    select * from {{ rows_to_test(ref('kpi_values')) }}

),

shares as (

    select
        kpi_variant,
        period_grain,
        period_start_date,
        dimension,
        member,
        max(value) filter (where kpi_key = 'nps') as nps,
        max(value) filter (where kpi_key = 'nps_promoters_pct') as promoters,
        max(value) filter (where kpi_key = 'nps_passives_pct') as passives,
        max(value) filter (where kpi_key = 'nps_detractors_pct') as detractors,
        count(value) as value_count
    from kpi_values
    where kpi_key in ('nps', 'nps_promoters_pct', 'nps_passives_pct', 'nps_detractors_pct')
    group by kpi_variant, period_grain, period_start_date, dimension, member

)

select * from shares
where
    value_count not in (0, 4)
    or abs(promoters + passives + detractors - 100) > 0.000001
    or abs(promoters - detractors - nps) > 0.000001
