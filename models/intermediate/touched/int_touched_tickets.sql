-- Grain: one row per ticket of which an incremental run says something else, perhaps, since something of it or of its
-- customer's tickets arrived or one of its windows has ended; none in a build of everything.

with

arrived_tickets as (

    select * from {{ ref('int_arrived_tickets') }}

),

tickets as (

    select * from {{ ref('base_tickets') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

-- What is said of a ticket depends on the other tickets of its customer: which comes next, which was answered first.
touched_customers as (

    select distinct tickets.customer_id
    from tickets
    inner join arrived_tickets on tickets.ticket_id = arrived_tickets.ticket_id
    where tickets.customer_id is not null

),

tickets_with_ended_windows as (

    select histories.ticket_id
    from histories
    cross join reporting_window
    where
        {{ has_come_to_pass(
            "histories.first_solved_at + " ~ var('fcr_window_days') ~ " * interval '1 day'", 'reporting_window.as_of'
        ) }}
        or {{ has_come_to_pass(
            "histories.first_solved_at + " ~ var('reopen_window_days') ~ " * interval '1 day'", 'reporting_window.as_of'
        ) }}

),

final as (

    select ticket_id
    from arrived_tickets

    union

    select tickets.ticket_id
    from tickets
    inner join touched_customers on tickets.customer_id = touched_customers.customer_id
    where tickets.ticket_id is not null

    union

    select ticket_id
    from tickets_with_ended_windows

)

select * from final
