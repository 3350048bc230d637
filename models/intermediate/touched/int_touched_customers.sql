-- Grain: one row per customer who did something that an incremental run works out again, or is known otherwise than
-- before; none in a build of everything. Versions that are superseded count too: what was is no more.

with

customers as (

    select * from {{ ref('base_customers') }}

),

tickets as (

    select * from {{ ref('base_tickets') }}

),

sessions as (

    select * from {{ ref('base_self_service_sessions') }}

),

conversations as (

    select * from {{ ref('base_bot_conversations') }}

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

touched as (

    select customer_id
    from customers
    where {{ is_row_arrived() }}

    union

    select customer_id
    from tickets
    where {{ is_row_arrived() }}

    union

    select customer_id
    from sessions
    where {{ is_row_arrived() }}

    union

    select customer_id
    from conversations
    where {{ is_row_arrived(['ended_at', 'handed_off_at']) }}

),

final as (

    select touched.customer_id
    from touched
    cross join reporting_window
    where touched.customer_id is not null

)

select * from final
