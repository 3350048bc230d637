-- Grain: one row per ticket whose calendar was changed and stretch of time under one calendar.
-- `clock_offset` makes the ticket's business clock run on across the change: business time since creation at an
-- instant of the stint = the calendar's reading then - `clock_offset`. Under an unknown calendar the clock has no
-- reading, but it has one at the instant the stint begins: what had elapsed by then.
{{ config(meta={'partition_field': 'starts_at'}) }}

with

tickets as (

    select * from {{ ref('int_tickets_scoped') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

events as (

    select * from {{ ref('stg_ticket_events') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

business_clock as (

    select * from {{ ref('int_business_clock') }}

),

calendar_changes as (

    select
        events.ticket_id,
        greatest(events.occurred_at, tickets.created_at) as starts_at,
        coalesce(events.new_value, '{{ var("default_calendar_id") }}') as calendar_id,
        row_number() over (
            partition by events.ticket_id
            order by events.occurred_at, length(events.event_id), events.event_id
        ) as stint_number
    from events
    inner join tickets on events.ticket_id = tickets.ticket_id
    where events.event_type = 'calendar_change'

),

stints as (

    select
        ticket_id,
        starts_at,
        calendar_id,
        stint_number
    from calendar_changes

    union all

    select
        ticket_id,
        created_at as starts_at,
        calendar_id,
        0 as stint_number
    from tickets
    where ticket_id in (select calendar_changes.ticket_id from calendar_changes)

),

ended_stints as (

    select
        *,
        lead(starts_at) over (partition by ticket_id order by stint_number) as ends_at
    from stints

),

read_stints as (

    select
        ended_stints.*,
        {{ business_clock_reading('clock_at_start', 'ended_stints.starts_at') }} as reading_at_start,
        {{ business_clock_reading('clock_at_end', 'ended_stints.ends_at') }} as reading_at_end
    from ended_stints
    left join business_clock as clock_at_start
        on {{ on_business_clock('clock_at_start', 'ended_stints.calendar_id', 'ended_stints.starts_at') }}
    left join business_clock as clock_at_end
        on {{ on_business_clock('clock_at_end', 'ended_stints.calendar_id', 'ended_stints.ends_at') }}
    -- Of several changes in one instant only the last is ever in force.
    where ended_stints.ends_at is null or ended_stints.ends_at > ended_stints.starts_at

),

elapsed_stints as (

    select
        *,
        coalesce(
            cast(
                sum(reading_at_end - reading_at_start) over (
                    partition by ticket_id order by stint_number rows between unbounded preceding and 1 preceding
                ) as bigint
            ),
            -- Nothing has elapsed on a clock that begins; under an unknown calendar it is unknown even that.
            case when reading_at_start is not null then 0 end
        ) as elapsed_microseconds,
        {{ count_if('reading_at_start is null') }} over (
            partition by ticket_id order by stint_number rows between unbounded preceding and 1 preceding
        ) as unknown_calendars_before
    from read_stints

),

final as (

    select
        -- keys
        ticket_id,
        starts_at,

        -- stint
        ends_at,
        calendar_id,
        reading_at_start is not null as is_calendar_known,

        -- clock
        elapsed_microseconds,
        reading_at_start - elapsed_microseconds as clock_offset,
        unknown_calendars_before

    from elapsed_stints

)

select * from final
