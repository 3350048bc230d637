-- Grain: one row per response: the first reply after one or more unanswered public messages of the customer.
-- Everything between two replies has the same number of replies before it, so that number names the response.

with

events as (

    select * from {{ ref('int_ticket_events_ordered') }}

),

exchanges as (

    select
        ticket_id,
        replies_before,

        -- question: the oldest message not yet answered
        min(occurred_at) filter (where is_customer_message) as asked_at,
        -- Not the least reading: under an unknown calendar the oldest message has none.
        {{ value_at_first('business_microseconds', 'event_number', 'is_customer_message') }}
            as asked_business_microseconds,
        min(unknown_calendar_count) filter (where is_customer_message) as asked_unknown_calendar_count,

        -- answer: there is one reply at most among them
        max(event_id) filter (where is_reply) as reply_event_id,
        max(actor_id) filter (where is_reply) as replier_id,
        max(occurred_at) filter (where is_reply) as replied_at,
        max(business_microseconds) filter (where is_reply) as replied_business_microseconds,
        max(unknown_calendar_count) filter (where is_reply) as replied_unknown_calendar_count

    from events
    where is_reply or is_customer_message
    group by ticket_id, replies_before

),

final as (

    select
        -- keys
        reply_event_id,
        ticket_id,
        replier_id,

        -- instants
        asked_at,
        replied_at,

        -- durations
        {{ minutes_between('asked_at', 'replied_at') }} as response_calendar_minutes,
        case
            when replied_unknown_calendar_count = asked_unknown_calendar_count
                then {{ as_minutes('replied_business_microseconds - asked_business_microseconds') }}
        end as response_business_minutes

    from exchanges
    where asked_at is not null and replied_at is not null

)

select * from final
