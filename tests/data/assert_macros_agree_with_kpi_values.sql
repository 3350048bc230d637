-- What an analyst gets from a KPI's macro over the rows of a fact is what `kpi_values` says of the year.

with

tickets as (

    select * from {{ ref('fct_tickets') }}
    where is_in_scope

),

kpi_values as (

    select * from {{ ref('kpi_values') }}
    where period_grain = 'year' and dimension = 'overall'

),

figures as (

    select
        'first_response_time' as kpi_key,
        'business_mean' as kpi_variant,
        {{ period_start('year', 'first_reply_date') }} as period_start_date,
        {{ first_response_time('first_response_business_minutes', 'mean') }} as value
    from tickets
    where first_reply_date is not null
    group by {{ period_start('year', 'first_reply_date') }}

    union all

    select
        'first_response_time' as kpi_key,
        'calendar_p90' as kpi_variant,
        {{ period_start('year', 'first_reply_date') }} as period_start_date,
        {{ first_response_time('first_response_calendar_minutes', 'p90') }} as value
    from tickets
    where first_reply_date is not null
    group by {{ period_start('year', 'first_reply_date') }}

    union all

    select
        'resolution_time' as kpi_key,
        'calendar_median' as kpi_variant,
        {{ period_start('year', 'last_solved_date') }} as period_start_date,
        {{ resolution_time('resolution_calendar_minutes', 'median') }} as value
    from tickets
    where is_solved
    group by {{ period_start('year', 'last_solved_date') }}

    union all

    select
        'fcr_rate' as kpi_key,
        'standard' as kpi_variant,
        {{ period_start('year', 'first_solved_date') }} as period_start_date,
        {{ fcr_rate('is_fcr_counted', 'is_resolved_at_first_contact') }} as value
    from tickets
    where first_solved_date is not null
    group by {{ period_start('year', 'first_solved_date') }}

    union all

    select
        'resolution_rate' as kpi_key,
        'standard' as kpi_variant,
        {{ period_start('year', 'created_date') }} as period_start_date,
        {{ resolution_rate('ticket_id', 'is_solved') }} as value
    from tickets
    group by {{ period_start('year', 'created_date') }}

)

select
    figures.kpi_key,
    figures.kpi_variant,
    figures.period_start_date,
    figures.value,
    kpi_values.value as value_in_kpi_values
from figures
left join kpi_values
    on figures.kpi_key = kpi_values.kpi_key
    and figures.kpi_variant = kpi_values.kpi_variant
    and figures.period_start_date = kpi_values.period_start_date
where
    abs(figures.value - kpi_values.value) > 0.00001
    or (figures.value is null) <> (kpi_values.value is null)
