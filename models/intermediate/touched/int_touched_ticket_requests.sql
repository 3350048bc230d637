-- Grain: one row per ticket whose request an incremental run works out again; none in a build of everything.

with

arrived_tickets as (

    select * from {{ ref('int_arrived_tickets') }}

),

conversations as (

    select * from {{ ref('base_bot_conversations') }}

),

tickets as (

    select * from {{ ref('int_tickets_scoped') }}

),

-- A ticket is no request of its own if a conversation names it, or one of its customer's came before.
final as (

    select ticket_id
    from arrived_tickets

    union

    select ticket_id
    from conversations
    where ticket_id is not null and {{ is_row_arrived() }}

    union

    select ticket_id
    from tickets
    where
        {{ is_key_among('customer_id', ref('int_touched_customers')) }}
        or {{ is_after_last_as_of('created_at + ' ~ var('ai_window_hours') ~ " * interval '1 hour'") }}

)

select * from final
