-- Grain: one row per response: the first reply after one or more unanswered public messages of the customer.
-- Everything between two replies has the same number of replies before it, so that number names the response.
-- Published: a fact is a view of it.
{{ config(meta={'published': true, 'partition_field': 'asked_at'}) }}

with

events as (

    select * from {{ ref('int_ticket_events_ordered') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

agents as (

    select * from {{ ref('stg_agents') }}

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
        exchanges.reply_event_id,
        exchanges.ticket_id,
        exchanges.replier_id,
        agents.team as replier_team,

        -- instants
        exchanges.asked_at,
        exchanges.replied_at,
        {{ local_date('exchanges.replied_at') }} as replied_date,

        -- durations
        {{ minutes_between('exchanges.asked_at', 'exchanges.replied_at') }} as response_calendar_minutes,
        case
            when exchanges.replied_unknown_calendar_count = exchanges.asked_unknown_calendar_count
                then {{ as_minutes('exchanges.replied_business_microseconds - exchanges.asked_business_microseconds') }}
        end as response_business_minutes

    from exchanges
    left join agents on exchanges.replier_id = agents.agent_id
    where exchanges.asked_at is not null and exchanges.replied_at is not null

)

select * from final
