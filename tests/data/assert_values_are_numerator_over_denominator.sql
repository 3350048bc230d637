-- One definition, one figure: a count is its numerator, a ratio the quotient of the two (times 100 for shares and net
-- scores), and nothing over nothing is null.

with

kpi_values as (

    select * from {{ ref('kpi_values') }}

),

expected_values as (

    select
        *,
        case
            when denominator is null then numerator
            when unit = 'percent' or kpi_key in ('nps', 'net_sentiment', 'social_net_sentiment')
                then 100 * numerator / nullif(denominator, 0)
            else numerator / nullif(denominator, 0)
        end as expected_value
    from kpi_values
    where numerator is not null

)

select
    kpi_key,
    kpi_variant,
    period_grain,
    period_start_date,
    dimension,
    member,
    numerator,
    denominator,
    value,
    expected_value
from expected_values
where
    abs(value - expected_value) > 0.00001 * (1 + abs(expected_value))
    or (value is null) <> (expected_value is null)
