-- Grain: one row per ticket: what agents did for it up to its last solve (nothing, where it was never solved).

with

events as (

    select * from {{ ref('int_ticket_events_ordered') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

contacts as (

    select * from {{ ref('stg_contacts') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

agent_messages as (

    select
        events.ticket_id,
        events.actor_id,
        events.session_id,
        events.is_reply,
        date_trunc('second', events.occurred_at) as occurred_second
    from events
    inner join histories on events.ticket_id = histories.ticket_id
    where
        (events.is_reply or events.is_private_note)
        and events.occurred_at <= histories.last_solved_at

),

-- Several messages of one agent in one clock second are one touch.
touches as (

    select
        ticket_id,
        actor_id,
        occurred_second,
        {{ count_if('is_reply and session_id is null') }} as reply_count_outside_sessions
    from agent_messages
    group by ticket_id, actor_id, occurred_second

),

touches_by_ticket as (

    select
        ticket_id,
        count(*) as touch_count,
        cast(sum(reply_count_outside_sessions) as bigint) as reply_count_outside_sessions
    from touches
    group by ticket_id

),

sessions_by_ticket as (

    select
        ticket_id,
        count(distinct session_id) as session_count
    from agent_messages
    where is_reply and session_id is not null
    group by ticket_id

),

answered_contacts as (

    select
        contacts.ticket_id,
        contacts.channel in ('chat', 'messaging') as is_chat,
        coalesce(contacts.answered_at, contacts.offered_at) <= histories.last_solved_at as is_before_last_solve
    from contacts
    inner join histories on contacts.ticket_id = histories.ticket_id
    where {{ is_answered_by_human('contacts.outcome') }}

),

answered_contacts_by_ticket as (

    select
        ticket_id,
        {{ count_if('is_chat and is_before_last_solve') }} as chat_contact_count,
        {{ count_if('not is_chat and is_before_last_solve') }} as other_contact_count
    from answered_contacts
    group by ticket_id

),

final as (

    select
        histories.ticket_id,

        -- A missing row means that there was none: coalesced to 0.
        coalesce(touches_by_ticket.touch_count, 0) as touch_count,
        coalesce(touches_by_ticket.reply_count_outside_sessions, 0)
        + coalesce(sessions_by_ticket.session_count, 0) as interaction_count,

        -- A chat session and the chat contact that carried it are one and the same contact.
        coalesce(touches_by_ticket.reply_count_outside_sessions, 0)
        + greatest(
            coalesce(sessions_by_ticket.session_count, 0), coalesce(answered_contacts_by_ticket.chat_contact_count, 0)
        )
        + coalesce(answered_contacts_by_ticket.other_contact_count, 0) as contact_count,
        answered_contacts_by_ticket.ticket_id is not null as has_answered_contact

    from histories
    left join touches_by_ticket on histories.ticket_id = touches_by_ticket.ticket_id
    left join sessions_by_ticket on histories.ticket_id = sessions_by_ticket.ticket_id
    left join answered_contacts_by_ticket on histories.ticket_id = answered_contacts_by_ticket.ticket_id

)

select * from final
