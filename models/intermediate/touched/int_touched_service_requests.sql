-- Grain: one row per request that an incremental run works out again; none in a build of everything.

with

conversations as (

    select * from {{ ref('int_touched_bot_conversations') }}

),

sessions as (

    select * from {{ ref('int_touched_self_service_sessions') }}

),

tickets as (

    select * from {{ ref('int_touched_ticket_requests') }}

),

final as (

    select
        'conversation' as request_kind,
        conversation_id as request_id
    from conversations

    union all

    select
        'session' as request_kind,
        session_id as request_id
    from sessions

    union all

    select
        'ticket' as request_kind,
        ticket_id as request_id
    from tickets

)

select * from final
