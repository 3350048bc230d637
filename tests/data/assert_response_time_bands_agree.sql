-- Bands are cumulative shares of the tickets whose first response was timed: each at least as large as the one before,
-- none larger than all, all over the denominator of `first_response_time`.

with

kpi_values as (

    select * from {{ ref('kpi_values') }}

),

bands as (

    select * from {{ ref('stg_response_time_bands') }}

),

band_values as (

    select
        kpi_values.kpi_variant,
        kpi_values.period_grain,
        kpi_values.period_start_date,
        kpi_values.dimension,
        kpi_values.member,
        kpi_values.numerator,
        kpi_values.denominator,
        lag(kpi_values.numerator) over (
            partition by
                kpi_values.period_grain, kpi_values.period_start_date, kpi_values.dimension, kpi_values.member
            order by bands.upper_minutes, bands.band_key
        ) as numerator_of_shorter_band
    from kpi_values
    left join bands on kpi_values.kpi_variant = bands.band_key
    where kpi_values.kpi_key = 'response_time_bands'

),

first_responses as (

    select
        period_grain,
        period_start_date,
        dimension,
        member,
        denominator
    from kpi_values
    where kpi_key = 'first_response_time' and kpi_variant = 'business_mean'

)

select
    band_values.*,
    first_responses.denominator as first_response_count
from band_values
left join first_responses
    on band_values.period_grain = first_responses.period_grain
    and band_values.period_start_date = first_responses.period_start_date
    and band_values.dimension = first_responses.dimension
    and band_values.member = first_responses.member
where
    band_values.numerator > band_values.denominator
    or band_values.numerator < band_values.numerator_of_shorter_band
    or coalesce(band_values.denominator <> first_responses.denominator, true)
