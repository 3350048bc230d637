-- Satisfied, neutral and negative ratings are all ratings; `csat_avg` has the same ratings below the line.
-- The share of the satisfied has another denominator where `csat_denominator` says so, its numerator is the same.

with

kpi_values as (

    select * from {{ rows_to_test(ref('kpi_values')) }}

),

shares as (

    select
        period_grain,
        period_start_date,
        dimension,
        member,
        sum(numerator) filter (where kpi_key <> 'csat_avg') as ratings_in_shares,
        sum(value) filter (where kpi_key <> 'csat_avg') as share_sum,
        min(denominator) filter (where kpi_key <> 'csat_satisfied_pct') as least_denominator,
        max(denominator) filter (where kpi_key <> 'csat_satisfied_pct') as greatest_denominator
    from kpi_values
    where kpi_key in ('csat_avg', 'csat_satisfied_pct', 'csat_neutral_pct', 'csat_negative_pct')
    group by period_grain, period_start_date, dimension, member

)

select * from shares
where
    ratings_in_shares <> greatest_denominator
    or least_denominator <> greatest_denominator
    or (abs(share_sum - 100) > 0.000001 and '{{ var("csat_denominator") }}' = 'all_rated')
