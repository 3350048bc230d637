-- Grain: one row per customer of a ticket that an incremental run works out again; none in a build of everything.

with

tickets as (

    select * from {{ ref('int_tickets_scoped') }}

),

touched_tickets as (

    select * from {{ ref('int_touched_tickets') }}

),

final as (

    select distinct tickets.customer_id
    from tickets
    inner join touched_tickets on tickets.ticket_id = touched_tickets.ticket_id
    where tickets.customer_id is not null

)

select * from final
