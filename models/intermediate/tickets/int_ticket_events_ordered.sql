-- Grain: one row per event of a known ticket, and one for each ticket's creation (event number 0).
-- The only pass that puts all events in order: what later steps need to know of an event's past is worked out here.
-- Published: a fact is a view of it.
{{ config(meta={'published': true, 'partition_field': 'occurred_at'}) }}
{% set event_types = [
    'creation', 'message', 'status_change', 'priority_change', 'assignment', 'team_change', 'escalation', 'calendar_change'
] %}
{% set actor_types = ['customer', 'human_agent', 'bot', 'system'] %}
{% set event_order -%}
partition by ticket_id order by occurred_at, length(event_id), event_id
{%- endset %}

with

tickets as (

    select * from {{ ref('int_tickets_scoped') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

events as (

    select * from {{ ref('stg_ticket_events') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

calendar_stints as (

    select * from {{ ref('int_ticket_calendar_stints') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

business_clock as (

    select * from {{ ref('int_business_clock') }}

),

classified_events as (

    select
        event_id,
        ticket_id,
        occurred_at,
        {{ as_word('event_type', event_types) }} as event_type,
        {{ as_word('actor_type', actor_types) }} as actor_type,
        actor_id,
        is_public,
        old_value,
        new_value,
        session_id,
        case when event_type = 'status_change' then lower(new_value) end as new_status,
        event_type = 'message' and actor_type = 'human_agent' and is_public as is_reply
    from events

),

events_with_past as (

    select
        *,
        cast(row_number() over ({{ event_order }}) as bigint) as event_number,
        {{ latest_before('new_status', event_order) }} as last_new_status,
        {{ count_if('is_reply') }} over (
            {{ event_order }} rows between unbounded preceding and 1 preceding
        ) as replies_before
    from classified_events

),

-- An event before its ticket's creation counts as if at the creation; early events keep their own order.
events_of_tickets as (

    select
        events_with_past.event_id,
        events_with_past.ticket_id,
        events_with_past.event_number,
        greatest(events_with_past.occurred_at, tickets.created_at) as occurred_at,
        events_with_past.event_type,
        events_with_past.actor_type,
        events_with_past.actor_id,
        events_with_past.is_public,
        events_with_past.old_value,
        events_with_past.new_value,
        events_with_past.session_id,
        events_with_past.is_reply,
        events_with_past.new_status,
        case
            when events_with_past.event_type = 'status_change'
                then coalesce(events_with_past.last_new_status, lower(events_with_past.old_value), 'new')
        end as status_before,
        events_with_past.replies_before,
        tickets.calendar_id,
        tickets.clock_reading_at_creation
    from events_with_past
    -- Events of unknown tickets reach no ticket: a warning test lists them.
    inner join tickets on events_with_past.ticket_id = tickets.ticket_id

),

-- Nothing comes before the creation, and it need not be put in order: it is event 0 of every ticket.
creations as (

    select
        cast(null as {{ type_text() }}) as event_id,
        ticket_id,
        0 as event_number,
        created_at as occurred_at,
        {{ as_word("'creation'", event_types) }} as event_type,
        {{ as_word("case when direction = 'inbound' then 'customer' else 'system' end", actor_types) }} as actor_type,
        cast(null as {{ type_text() }}) as actor_id,
        true as is_public,
        cast(null as {{ type_text() }}) as old_value,
        cast(null as {{ type_text() }}) as new_value,
        cast(null as {{ type_text() }}) as session_id,
        false as is_reply,
        cast(null as {{ type_text() }}) as new_status,
        cast(null as {{ type_text() }}) as status_before,
        0 as replies_before,
        calendar_id,
        clock_reading_at_creation
    from tickets

),

all_events as (

    select * from creations
    union all
    select * from events_of_tickets

),

judged_events as (

    select
        *,
        -- A change into the status already held is nothing.
        new_status <> status_before as is_status_changed,
        {{ is_solved_status('new_status') }} as is_solved_after,
        {{ is_solved_status('status_before') }} as is_solved_before,
        event_type = 'message' and actor_type = 'human_agent' and not is_public as is_private_note
    from all_events

),

final as (

    select
        -- keys
        judged_events.event_id,
        judged_events.ticket_id,
        judged_events.event_number,
        judged_events.actor_id,
        judged_events.session_id,

        -- event
        judged_events.event_type,
        judged_events.actor_type,
        judged_events.old_value,
        judged_events.new_value,

        -- what it is
        judged_events.is_reply,
        judged_events.is_private_note,
        judged_events.actor_type = 'customer'
        and judged_events.is_public
        and judged_events.event_type in ('message', 'creation') as is_customer_message,
        judged_events.event_type = 'message'
        and judged_events.actor_type = 'bot'
        and judged_events.is_public as is_bot_message,
        coalesce(judged_events.is_status_changed, false) as is_status_changed,
        coalesce(
            judged_events.is_status_changed
            and judged_events.is_solved_after
            and not judged_events.is_solved_before, false
        ) as is_solve,
        coalesce(
            judged_events.is_status_changed
            and judged_events.is_solved_before
            and judged_events.new_status in ('new', 'open', 'pending', 'on_hold'), false
        ) as is_reopening,
        coalesce(
            judged_events.is_status_changed
            and judged_events.is_solved_before
            and not judged_events.is_solved_after, false
        ) as is_solve_undone,
        judged_events.is_reply
        or judged_events.is_private_note
        or coalesce(judged_events.is_status_changed and judged_events.actor_type = 'human_agent', false)
            as is_human_action,

        -- past
        judged_events.replies_before,

        -- clock
        judged_events.occurred_at,
        case
            when judged_events.occurred_at = calendar_stints.starts_at then calendar_stints.elapsed_microseconds
            else
                {{ business_clock_reading('business_clock', 'judged_events.occurred_at') }}
                - coalesce(calendar_stints.clock_offset, judged_events.clock_reading_at_creation)
        end as business_microseconds,

        -- Unknown calendars that had begun before: a stretch of time touches one if this differs at its two ends.
        case
            when calendar_stints.ticket_id is not null
                then
                    calendar_stints.unknown_calendars_before
                    + case
                        when calendar_stints.is_calendar_known then 0
                        when judged_events.occurred_at > calendar_stints.starts_at then 1
                        else 0
                    end
            when judged_events.clock_reading_at_creation is null and judged_events.event_type <> 'creation' then 1
            else 0
        end as unknown_calendar_count

    from judged_events
    left join calendar_stints
        on {{ on_calendar_stint('calendar_stints', 'judged_events.ticket_id', 'judged_events.occurred_at') }}
    left join business_clock
        on {{ on_business_clock(
            'business_clock',
            'coalesce(calendar_stints.calendar_id, judged_events.calendar_id)',
            'judged_events.occurred_at'
        ) }}

)

select * from final
