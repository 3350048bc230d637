-- Grain: one row per ticket that is open, and may have become overdue since, or of which something arrived, in an
-- incremental run; none in a build of everything.

with

arrived_tickets as (

    select * from {{ ref('int_arrived_tickets') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

final as (

    select ticket_id
    from arrived_tickets

    union

    select histories.ticket_id
    from histories
    cross join reporting_window
    where not histories.is_solved and {{ is_after_last_as_of('reporting_window.as_of') }}

)

select * from final
