-- The interval of a percentage contains it, in its range, and exists wherever the percentage does. (That of `nps` is
-- drawn towards 0 and need not contain a score of few answers: it is in order, no more.)

with

kpi_values as (

    select * from {{ ref('kpi_values') }}

)

select
    kpi_key,
    kpi_variant,
    period_grain,
    period_start_date,
    dimension,
    member,
    value,
    lower_bound,
    upper_bound
from kpi_values
where
    (
        unit = 'percent'
        and (
            lower_bound > value + 0.000001
            or upper_bound < value - 0.000001
            or lower_bound < -0.000001
            or upper_bound > 100.000001
            or (value is null) <> (lower_bound is null)
        )
    )
    or (kpi_key = 'nps' and (value is null) <> (lower_bound is null))
    or (lower_bound is null) <> (upper_bound is null)
    or lower_bound > upper_bound
    or (unit <> 'percent' and kpi_key <> 'nps' and lower_bound is not null)
