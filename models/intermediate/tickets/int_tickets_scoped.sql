-- Grain: one row per ticket, with the calendar in force at its creation and whether KPIs count it.
{{ config(meta={'partition_field': 'created_at'}) }}

with

tickets as (

    select * from {{ ref('stg_tickets') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

business_clock as (

    select * from {{ ref('int_business_clock') }}

),

placed_tickets as (

    select
        *,
        coalesce(calendar_id, '{{ var("default_calendar_id") }}') as calendar_id_in_force
    from tickets

),

final as (

    select
        -- keys
        placed_tickets.ticket_id,
        placed_tickets.customer_id,
        placed_tickets.assignee_id,
        placed_tickets.calendar_id_in_force as calendar_id,
        placed_tickets.merged_into_ticket_id,

        -- attributes, as they are now
        placed_tickets.direction,
        placed_tickets.channel,
        placed_tickets.source,
        placed_tickets.team,
        placed_tickets.priority,
        placed_tickets.ticket_type,
        placed_tickets.topic,
        placed_tickets.status,
        customers.customer_segment,

        -- scope
        placed_tickets.is_spam,
        placed_tickets.is_deleted,
        placed_tickets.is_test,
        placed_tickets.direction = 'inbound'
        and not placed_tickets.is_spam
        and not placed_tickets.is_deleted
        and not placed_tickets.is_test
        and placed_tickets.merged_into_ticket_id is null as is_in_scope,

        -- clock
        placed_tickets.created_at,
        {{ business_clock_reading('business_clock', 'placed_tickets.created_at') }} as clock_reading_at_creation

    from placed_tickets
    left join customers on placed_tickets.customer_id = customers.customer_id
    left join business_clock
        on {{ on_business_clock('business_clock', 'placed_tickets.calendar_id_in_force', 'placed_tickets.created_at') }}

)

select * from final
