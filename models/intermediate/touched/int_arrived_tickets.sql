-- Grain: one row per ticket of which something arrived that an incremental run has to work out; none in a build of
-- everything. Versions that are superseded count too: what was is no more.

with

tickets as (

    select * from {{ ref('base_tickets') }}

),

events as (

    select * from {{ ref('base_ticket_events') }}

),

contacts as (

    select * from {{ ref('base_contacts') }}

),

customers as (

    select * from {{ ref('base_customers') }}

),

-- Here and not in a model before: whether the run is an incremental one is settled with the reporting window.
reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

arrived_customers as (

    select customer_id
    from customers
    where {{ is_row_arrived() }}

),

arrived as (

    select ticket_id
    from tickets
    where {{ is_row_arrived() }} or customer_id in (select arrived_customers.customer_id from arrived_customers)

    union

    select ticket_id
    from events
    where {{ is_row_arrived() }}

    union

    select ticket_id
    from contacts
    where {{ is_row_arrived(['answered_at']) }}

),

final as (

    select arrived.ticket_id
    from arrived
    cross join reporting_window
    where arrived.ticket_id is not null

)

select * from final
