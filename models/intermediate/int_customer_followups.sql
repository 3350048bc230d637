-- Grain: one row per session, end of a bot conversation and in-scope ticket of a known customer, with what the same
-- customer did next or had done before. One ordered pass: no join of everything with everything in a window of time.
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='customer_id',
    on_schema_change='fail', meta={'touched': 'int_touched_customers'}
) }}
{% set customer_order -%}
partition by customer_id order by occurred_at, turn, thing, thing_id
{%- endset %}
{% set later -%}
over ({{ customer_order }} rows between 1 following and unbounded following)
{%- endset %}

with

sessions as (

    select * from {{ ref('stg_self_service_sessions') }}
    {{ only_touched('customer_id', 'int_touched_customers') }}

),

conversations as (

    select
        *,
        coalesce(ended_at, started_at) as finished_at
    from {{ ref('stg_bot_conversations') }}
    {{ only_touched('customer_id', 'int_touched_customers') }}

),

tickets as (

    select * from {{ ref('int_tickets_scoped') }}
    {{ only_touched('customer_id', 'int_touched_customers') }}

),

-- A follow-up may fall in the same second as what it follows: `turn` puts it after.
timeline as (

    select
        customer_id,
        'session' as thing,
        session_id as thing_id,
        started_at as occurred_at,
        0 as turn,
        cast(null as timestamp) as until_at
    from sessions
    where customer_id is not null

    union all

    select
        customer_id,
        'conversation_end' as thing,
        conversation_id as thing_id,
        finished_at as occurred_at,
        0 as turn,
        cast(null as timestamp) as until_at
    from conversations
    where customer_id is not null

    union all

    select
        customer_id,
        'conversation' as thing,
        conversation_id as thing_id,
        started_at as occurred_at,
        1 as turn,
        finished_at + {{ var('ai_window_hours') }} * interval '1 hour' as until_at
    from conversations
    where customer_id is not null

    union all

    select
        customer_id,
        'ticket' as thing,
        ticket_id as thing_id,
        created_at as occurred_at,
        2 as turn,
        cast(null as timestamp) as until_at
    from tickets
    where customer_id is not null and is_in_scope

    union all

    select
        customer_id,
        'hand_off' as thing,
        conversation_id as thing_id,
        handed_off_at as occurred_at,
        2 as turn,
        cast(null as timestamp) as until_at
    from conversations
    where customer_id is not null and handed_off_at is not null

),

followed_things as (

    select
        customer_id,
        thing,
        thing_id,
        min(case when thing = 'ticket' then occurred_at end) {{ later }} as next_ticket_at,
        min(case when thing = 'conversation' then occurred_at end) {{ later }} as next_conversation_at,
        min(case when thing = 'hand_off' then occurred_at end) {{ later }} as next_hand_off_at,
        max(until_at) over ({{ customer_order }} rows between unbounded preceding and 1 preceding)
            as conversation_until_at
    from timeline

),

final as (

    select
        -- keys
        customer_id,
        thing,
        thing_id,

        -- what comes after it
        next_ticket_at,
        next_conversation_at,
        next_hand_off_at,

        -- until when a ticket would be put down to a conversation that began before it
        conversation_until_at

    from followed_things
    where thing in ('session', 'conversation_end', 'ticket')

)

select * from final
