-- Grain: one row per ticket: its SLA targets in force at the first reply and at the last solve, and the time it took.

with

segments as (

    select * from {{ ref('int_ticket_segments') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

tickets as (

    select * from {{ ref('int_tickets_scoped') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

-- "In force at" includes a change in the very same instant: the last stretch that began by then.
segments_in_force as (

    select
        segments.*,
        segments.starts_at <= histories.first_reply_at
        and coalesce(segments.ends_at > histories.first_reply_at, true) as is_at_first_reply,
        segments.starts_at <= histories.last_solved_at
        and coalesce(segments.ends_at > histories.last_solved_at, true) as is_at_last_solve,
        segments.is_paused and segments.ends_at <= histories.last_solved_at as is_pause_before_last_solve
    from segments
    inner join histories on segments.ticket_id = histories.ticket_id

),

targets as (

    select
        ticket_id,
        max(first_response_clock) filter (where is_at_first_reply) as first_response_clock,
        max(first_response_target_microseconds) filter (where is_at_first_reply) as first_response_target_microseconds,
        max(resolution_clock) filter (where is_at_last_solve) as resolution_clock,
        max(resolution_target_microseconds) filter (where is_at_last_solve) as resolution_target_microseconds,
        -- No pause is a pause of 0; one of which the business time is unknown takes nothing off.
        coalesce(
            sum({{ microseconds_between('starts_at', 'ends_at') }}) filter (where is_pause_before_last_solve), 0
        ) as paused_calendar_microseconds,
        coalesce(
            sum(business_microseconds_at_end - business_microseconds) filter (where is_pause_before_last_solve), 0
        ) as paused_business_microseconds
    from segments_in_force
    group by ticket_id

),

elapsed as (

    select
        targets.*,
        case
            when targets.first_response_clock = 'calendar'
                then {{ microseconds_between('tickets.created_at', 'histories.first_reply_at') }}
            when targets.first_response_clock = 'business' and histories.first_reply_unknown_calendar_count = 0
                then histories.first_reply_business_microseconds
        end as first_response_microseconds,
        case
            when targets.resolution_clock = 'calendar'
                then
                    {{ microseconds_between('tickets.created_at', 'histories.last_solved_at') }}
                    - targets.paused_calendar_microseconds
            when targets.resolution_clock = 'business' and histories.last_solve_unknown_calendar_count = 0
                then histories.last_solve_business_microseconds - targets.paused_business_microseconds
        end as resolution_microseconds
    from targets
    inner join tickets on targets.ticket_id = tickets.ticket_id
    inner join histories on targets.ticket_id = histories.ticket_id

),

final as (

    select
        ticket_id,

        -- first response
        cast(first_response_clock as {{ type_text() }}) as first_response_sla_clock,
        {{ as_minutes('first_response_target_microseconds') }} as first_response_sla_target_minutes,
        {{ as_minutes('first_response_microseconds') }} as first_response_sla_minutes,
        {{ is_within_sla('first_response_microseconds', 'first_response_target_microseconds') }}
            as is_first_response_within_sla,

        -- resolution
        cast(resolution_clock as {{ type_text() }}) as resolution_sla_clock,
        {{ as_minutes('resolution_target_microseconds') }} as resolution_sla_target_minutes,
        {{ as_minutes('resolution_microseconds') }} as resolution_sla_minutes,
        {{ is_within_sla('resolution_microseconds', 'resolution_target_microseconds') }} as is_resolution_within_sla

    from elapsed

)

select * from final
