-- A share has its numerator among its denominator, and a net score lies between all against and all in favour.

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
    value
from kpi_values
where
    (unit = 'percent' and (value < 0 or value > 100))
    or (kpi_key in ('nps', 'net_sentiment', 'social_net_sentiment') and (value < -100 or value > 100))
