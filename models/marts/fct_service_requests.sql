-- Grain: one row per request that a machine or a person had to deal with: bot conversations, self-service sessions of
-- known customers that no conversation or ticket follows, and tickets that did not come from a conversation.
-- depends_on: {{ ref('int_touched_service_requests') }}
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key=['request_kind', 'request_id'],
    on_schema_change='fail', meta={'touched': 'int_touched_service_requests', 'partition_field': 'requested_at'}
) }}

with

conversations as (

    select * from {{ ref('fct_bot_conversations') }}
    {{ only_touched('conversation_id', 'int_touched_bot_conversations') }}

),

sessions as (

    select * from {{ ref('fct_self_service_sessions') }}
    {{ only_touched('session_id', 'int_touched_self_service_sessions') }}

),

tickets as (

    select * from {{ ref('int_tickets_scoped') }}
    {{ only_touched('ticket_id', 'int_touched_ticket_requests') }}

),

tickets_without_bots as (

    select * from {{ ref('int_tickets_without_bots') }}

),

final as (

    select
        -- keys
        'conversation' as request_kind,
        conversation_id as request_id,

        -- attributes
        channel,
        topic,
        customer_segment,

        -- what came of it
        is_resolved as is_deflected,
        is_mature,

        -- instants
        started_at as requested_at,
        started_date as requested_date

    from conversations

    union all

    select
        'session' as request_kind,
        session_id as request_id,
        cast(null as {{ type_text() }}) as channel,
        topic,
        customer_segment,
        coalesce(has_found_answer, false) as is_deflected,
        is_mature_for_ai as is_mature,
        started_at as requested_at,
        started_date as requested_date
    from sessions
    where
        customer_id is not null
        and not is_followed_by_ticket
        and not is_followed_by_conversation

    union all

    select
        'ticket' as request_kind,
        tickets.ticket_id as request_id,
        tickets.channel,
        tickets.topic,
        tickets.customer_segment,
        false as is_deflected,
        tickets_without_bots.is_mature,
        tickets.created_at as requested_at,
        {{ local_date('tickets.created_at') }} as requested_date
    from tickets
    inner join tickets_without_bots on tickets.ticket_id = tickets_without_bots.ticket_id

)

select * from final
