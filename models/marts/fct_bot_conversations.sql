-- Grain: one row per conversation that a bot took part in.
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='conversation_id',
    on_schema_change='fail', meta={'touched': 'int_touched_bot_conversations', 'partition_field': 'started_at'}
) }}
{% set ai_window = var('ai_window_hours') ~ " * interval '1 hour'" %}

with

conversations as (

    select
        *,
        coalesce(ended_at, started_at) as finished_at
    from {{ ref('stg_bot_conversations') }}
    {{ only_touched('conversation_id', 'int_touched_bot_conversations') }}

),

followups as (

    select * from {{ ref('int_customer_followups') }}
    where thing = 'conversation_end'

),

tickets as (

    select * from {{ ref('int_tickets_scoped') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

followed_conversations as (

    select
        conversations.*,
        case
            when conversations.customer_id is not null then customers.customer_segment
            else tickets.customer_segment
        end as customer_segment,
        coalesce(
            followups.next_ticket_at <= conversations.finished_at + {{ ai_window }}
            or followups.next_hand_off_at <= conversations.finished_at + {{ ai_window }}, false
        ) as is_followed_by_request,
        conversations.finished_at + {{ ai_window }} <= reporting_window.as_of as is_mature
    from conversations
    cross join reporting_window
    left join followups on conversations.conversation_id = followups.thing_id
    left join tickets on conversations.ticket_id = tickets.ticket_id
    left join customers on conversations.customer_id = customers.customer_id

),

final as (

    select
        -- keys
        conversation_id,
        ticket_id,
        customer_id,

        -- attributes
        channel,
        topic,
        customer_segment,
        is_routine,

        -- what came of it
        answer_count,
        feedback,
        handed_off_at is not null as is_handed_off,
        is_followed_by_request,
        answer_count >= 1
        and handed_off_at is null
        and coalesce(feedback <> 'negative', true)
        and not is_followed_by_request as is_resolved,
        is_mature,

        -- instants
        started_at,
        ended_at,
        handed_off_at,
        {{ local_date('started_at') }} as started_date

    from followed_conversations

)

select * from final
