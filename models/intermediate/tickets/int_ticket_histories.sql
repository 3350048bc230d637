-- Grain: one row per ticket: what its events say of it, gathered in one aggregation.
{% set stops_first_response = {
    'human': 'is_reply', 'human_or_bot': '(is_reply or is_bot_message)'
}[var('first_response_stops_on')] %}

with

events as (

    select * from {{ ref('int_ticket_events_ordered') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

gathered as (

    select
        ticket_id,

        -- as created
        lower({{ value_at_first('old_value', 'event_number', "event_type = 'priority_change'") }})
            as first_known_priority,
        lower({{ value_at_first('old_value', 'event_number', "event_type = 'status_change'") }}) as first_known_status,

        -- first response
        min(occurred_at) filter (where {{ stops_first_response }}) as first_reply_at,
        min(business_microseconds) filter (where {{ stops_first_response }}) as first_reply_business_microseconds,
        min(unknown_calendar_count) filter (where {{ stops_first_response }}) as first_reply_unknown_calendar_count,
        {{ value_at_first('actor_id', 'event_number', stops_first_response) }} as first_replier_id,

        -- solves
        min(occurred_at) filter (where is_solve) as first_solved_at,
        max(occurred_at) filter (where is_solve) as last_solved_at,
        max(business_microseconds) filter (where is_solve) as last_solve_business_microseconds,
        max(unknown_calendar_count) filter (where is_solve) as last_solve_unknown_calendar_count,
        {{ value_at_last('actor_type', 'event_number', 'is_solve') }} as last_solver_type,
        {{ value_at_last('actor_id', 'event_number', 'is_solve') }} as last_solver_id,
        max(event_number) filter (where is_solve) as last_solve_number,
        max(event_number) filter (where is_solve_undone) as last_undone_number,
        {{ count_if("is_solve and actor_type = 'human_agent'") }} > 0 as has_human_solve,

        -- reopenings
        {{ count_if('is_reopening') }} as reopen_count,
        coalesce(
            max(event_number) filter (where is_reply)
            > min(event_number) filter (where is_reopening), false
        ) as has_reply_after_reopening,

        -- people
        {{ count_if('is_reply') }} as reply_count,
        {{ count_if('is_private_note') }} as private_note_count,
        {{ count_if('is_bot_message') }} as bot_message_count,
        {{ value_at_last('actor_id', 'event_number', 'is_reply and actor_id is not null') }} as last_replier_id,
        {{ count_if('is_human_action') }} > 0 as has_human_action,
        {{ value_at_first('actor_id', 'event_number', 'is_human_action') }} as first_line_agent_id,
        {{ count_if("event_type = 'escalation'") }} as escalation_count,
        -- A bot that hands over to a person escalates nothing.
        {{ count_if("event_type = 'escalation' and actor_type <> 'bot'") }} > 0 as is_escalated

    from events
    group by ticket_id

),

final as (

    select
        -- key
        ticket_id,

        -- as created
        first_known_priority,
        first_known_status,

        -- first reply
        first_reply_at,
        first_reply_business_microseconds,
        first_reply_unknown_calendar_count,
        first_replier_id,

        -- solves
        first_solved_at,
        last_solved_at,
        last_solve_business_microseconds,
        last_solve_unknown_calendar_count,
        last_solver_type,
        last_solver_id,
        -- A ticket whose first change finds it solved was solved before its events begin: it has no solve of its own.
        coalesce(
            last_solve_number > coalesce(last_undone_number, 0),
            last_undone_number is null and {{ is_solved_status('first_known_status') }},
            false
        ) as is_solved,
        has_human_solve,

        -- reopenings
        reopen_count,
        has_reply_after_reopening,

        -- work
        reply_count,
        private_note_count,
        bot_message_count,
        last_replier_id,
        has_human_action,
        first_line_agent_id,
        escalation_count,
        is_escalated,

        -- A solve by a bot, the system, the customer or nobody known is credited to the last human who replied.
        case
            when last_solver_type = 'human_agent' and last_solver_id is not null then last_solver_id
            else last_replier_id
        end as resolver_id
    from gathered

)

select * from final
