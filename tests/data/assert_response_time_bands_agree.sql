-- Bands are cumulative shares of the tickets whose first response was timed: each at least as large as the one before,
-- none larger than all, all over the denominator of `first_response_time`.
{% set bands = response_time_band_list() %}
{% set falls = ['false'] %}
{% for band in bands[1:] -%}
    {%- do falls.append(
        'coalesce(numerator_of_band_' ~ (loop.index + 1) ~ ' < numerator_of_band_' ~ loop.index ~ ', true)'
    ) -%}
{%- endfor %}

with

kpi_values as (

    select * from {{ rows_to_test(ref('kpi_values')) }}
    where kpi_key = 'response_time_bands' or (kpi_key = 'first_response_time' and kpi_variant = 'business_mean')

),

band_values as (

    select
        period_grain,
        period_start_date,
        dimension,
        member,
        {% for band in bands -%}
        max(numerator) filter (where kpi_variant = '{{ band.key }}') as numerator_of_band_{{ loop.index }},
        {% endfor -%}
        max(numerator) filter (where kpi_key = 'response_time_bands') as greatest_numerator,
        min(denominator) filter (where kpi_key = 'response_time_bands') as least_denominator,
        max(denominator) filter (where kpi_key = 'response_time_bands') as greatest_denominator,
        max(denominator) filter (where kpi_key = 'first_response_time') as first_response_count
    from kpi_values
    group by period_grain, period_start_date, dimension, member
    having {{ count_if("kpi_key = 'response_time_bands'") }} > 0

)

select * from band_values
where
    greatest_numerator > least_denominator
    or coalesce(least_denominator <> first_response_count, true)
    or greatest_denominator <> first_response_count
    or {{ falls | join(' or ') }}
