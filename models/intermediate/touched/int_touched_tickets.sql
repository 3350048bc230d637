-- Grain: one row per ticket that an incremental run works out again; none in a build of everything.
{% set is_arrived = is_judged_since_last_build('judged_at') %}
{% set histories_before = rows_of_last_build(
    'int_ticket_histories', {'ticket_id': type_text(), 'is_solved': 'boolean', 'first_solved_at': 'timestamp'}
) %}

with

tickets as (

    select * from {{ ref('base_tickets') }}

),

arrived_tickets as (

    select
        ticket_id,
        customer_id
    from tickets
    where {{ is_arrived }}

),

arrived_events as (

    select ticket_id from {{ ref('base_ticket_events') }}
    where {{ is_arrived }}

),

-- An answer that lay after as_of when it was read has come to pass since.
arrived_contacts as (

    select ticket_id from {{ ref('base_contacts') }}
    where {{ is_arrived }} or {{ is_after_last_as_of('answered_at') }}

),

arrived_customers as (

    select customer_id from {{ ref('base_customers') }}
    where {{ is_arrived }}

),

-- What is said of a ticket depends on the other tickets of its customer: which comes next, which was answered first.
touched_customers as (

    select customer_id from arrived_tickets
    union
    select customer_id from arrived_customers
    union
    select tickets.customer_id
    from tickets
    inner join arrived_events on tickets.ticket_id = arrived_events.ticket_id

),

tickets_of_touched_customers as (

    select ticket_id from tickets
    where customer_id in (select touched_customers.customer_id from touched_customers)

),

-- Time alone changes tickets that were open when the last build ended, and those whose windows have ended since.
earlier_histories as (

    select * from {{ histories_before }} as histories

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

tickets_moved_by_time as (

    select earlier_histories.ticket_id
    from earlier_histories
    cross join reporting_window
    where
        not earlier_histories.is_solved
        or {{ has_come_to_pass(
            "earlier_histories.first_solved_at + " ~ var('fcr_window_days') ~ " * interval '1 day'", 'reporting_window.as_of'
        ) }}
        or {{ has_come_to_pass(
            "earlier_histories.first_solved_at + " ~ var('reopen_window_days') ~ " * interval '1 day'", 'reporting_window.as_of'
        ) }}

),

touched as (

    select ticket_id from arrived_tickets
    union
    select ticket_id from arrived_events
    union
    select ticket_id from arrived_contacts
    union
    select ticket_id from tickets_of_touched_customers
    union
    select ticket_id from tickets_moved_by_time

),

final as (

    select ticket_id
    from touched
    where ticket_id is not null

)

select * from final
