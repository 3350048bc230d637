-- No ticket is lost or doubled on its way: accepted rows, rows of the fact, and those in scope as `ticket_volume` at
-- every grain and, over its dimensions, at every split.

with

accepted_tickets as (

    select * from {{ ref('stg_tickets') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

kpi_values as (

    select * from {{ ref('kpi_values') }}

),

ticket_volumes as (

    select
        period_grain,
        dimension,
        sum(numerator) as ticket_count
    from kpi_values
    where kpi_key = 'ticket_volume'
    group by period_grain, dimension

),

counts as (

    select
        (select count(*) from accepted_tickets) as accepted_count,
        (select count(*) from tickets) as ticket_count,
        (select {{ count_if('is_in_scope') }} from tickets) as in_scope_count

)

select
    counts.accepted_count,
    counts.ticket_count,
    counts.in_scope_count,
    ticket_volumes.period_grain,
    ticket_volumes.dimension,
    ticket_volumes.ticket_count as ticket_volume
from counts
left join ticket_volumes on counts.in_scope_count <> ticket_volumes.ticket_count
where
    counts.accepted_count <> counts.ticket_count
    or ticket_volumes.period_grain is not null
