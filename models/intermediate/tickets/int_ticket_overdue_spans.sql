-- Grain: one row per ticket, SLA metric and stretch of time in which the open ticket is past its target.
-- A target is past when the time on its clock exceeds it: on the business clock a ticket whose target runs out at
-- closing time becomes overdue when the desk opens again.
{{ config(meta={'touched': 'int_ageing_tickets', 'partition_field': 'overdue_from'}) }}
{% set life -%}
partition by ticket_id order by event_number
{%- endset %}

with

segments as (

    select * from {{ ref('int_ticket_segments') }}
    {{ only_touched('ticket_id', 'int_ageing_tickets') }}

),

tickets as (

    select * from {{ ref('int_tickets_scoped') }}
    {{ only_touched('ticket_id', 'int_ageing_tickets') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}
    {{ only_touched('ticket_id', 'int_ageing_tickets') }}

),

calendar_stints as (

    select * from {{ ref('int_ticket_calendar_stints') }}
    {{ only_touched('ticket_id', 'int_ageing_tickets') }}

),

business_clock as (

    select * from {{ ref('int_business_clock') }}

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

paused_tickets as (

    select distinct ticket_id
    from segments
    where is_paused

),

-- Few tickets are ever on pause: the others have nothing to add up.
pauses_before as (

    select
        ticket_id,
        event_number,
        sum(case when is_paused then {{ microseconds_between('starts_at', 'ends_at') }} end) over (
            {{ life }} rows between unbounded preceding and 1 preceding
        ) as calendar_microseconds,
        sum(case when is_paused then business_microseconds_at_end - business_microseconds end) over (
            {{ life }} rows between unbounded preceding and 1 preceding
        ) as business_microseconds
    from segments
    where ticket_id in (select paused_tickets.ticket_id from paused_tickets)

),

open_segments as (

    select
        segments.*,
        tickets.created_at,
        histories.first_reply_at,
        coalesce(calendar_stints.calendar_id, tickets.calendar_id) as calendar_id,
        -- Under an unknown calendar the clock has no reading.
        segments.business_microseconds
        + case
            when calendar_stints.ticket_id is not null then calendar_stints.clock_offset
            else tickets.clock_reading_at_creation
        end as clock_reading,
        -- No pause is a pause of 0.
        coalesce(pauses_before.calendar_microseconds, 0) as paused_calendar_microseconds,
        coalesce(pauses_before.business_microseconds, 0) as paused_business_microseconds
    from segments
    inner join tickets on segments.ticket_id = tickets.ticket_id
    inner join histories on segments.ticket_id = histories.ticket_id
    left join calendar_stints
        on {{ on_calendar_stint('calendar_stints', 'segments.ticket_id', 'segments.starts_at') }}
    left join pauses_before
        on segments.ticket_id = pauses_before.ticket_id
        and segments.event_number = pauses_before.event_number
    where not ({{ is_solved_status('segments.status') }})

),

first_response_watches as (

    select
        ticket_id,
        event_number,
        'first_response' as metric,
        starts_at,
        least(coalesce(ends_at, first_reply_at), coalesce(first_reply_at, ends_at)) as ends_at,
        first_response_clock as clock,
        first_response_target_microseconds as target_microseconds,
        false as is_paused,
        calendar_id,
        unknown_calendar_count,
        {{ microseconds_between('created_at', 'starts_at') }} as calendar_microseconds,
        business_microseconds,
        clock_reading
    from open_segments
    where coalesce(first_reply_at > starts_at, true)

),

resolution_watches as (

    select
        ticket_id,
        event_number,
        'resolution' as metric,
        starts_at,
        ends_at,
        resolution_clock as clock,
        resolution_target_microseconds as target_microseconds,
        is_paused,
        calendar_id,
        unknown_calendar_count,
        {{ microseconds_between('created_at', 'starts_at') }} - paused_calendar_microseconds as calendar_microseconds,
        business_microseconds - paused_business_microseconds as business_microseconds,
        clock_reading
    from open_segments

),

watches as (

    select * from first_response_watches
    union all
    select * from resolution_watches

),

-- Time left on the target at the beginning of the stretch; null where the clock or the target is unknown.
remaining as (

    select
        *,
        target_microseconds
        - case
            when clock = 'calendar' then calendar_microseconds
            when clock = 'business' and unknown_calendar_count = 0 and clock_reading is not null
                then business_microseconds
        end as remaining_microseconds
    from watches
    where target_microseconds is not null

),

overdue_from_the_start as (

    select
        ticket_id,
        metric,
        event_number,
        starts_at as overdue_from,
        ends_at as overdue_until,
        true as is_past_at_start
    from remaining
    where remaining_microseconds < 0

),

-- What is not past its target yet gets there only while its clock runs.
running as (

    select
        *,
        clock_reading + remaining_microseconds as reading_at_target
    from remaining
    where remaining_microseconds >= 0 and not is_paused

),

overdue_on_calendar_clock as (

    select
        ticket_id,
        metric,
        event_number,
        {{ add_microseconds('starts_at', 'remaining_microseconds') }} as overdue_from,
        ends_at as overdue_until,
        false as is_past_at_start
    from running
    where clock = 'calendar'

),

-- The opening in which a clock passes a reading: an open stretch of at most an hour lies in two hour-wide buckets.
open_stretches as (

    select
        *,
        {{ hour_bucket('open_microseconds_before') }} as first_bucket,
        {{ hour_bucket('open_microseconds_before + open_microseconds - 1') }} as last_bucket
    from business_clock
    where is_open

),

bucketed_stretches as (

    select
        *,
        first_bucket as bucket
    from open_stretches

    union all

    select
        *,
        last_bucket as bucket
    from open_stretches
    where last_bucket <> first_bucket

),

-- Only those that can get there before the stretch ends: elapsed time is at least as long as business time.
running_on_business_clock as (

    select
        *,
        {{ hour_bucket('reading_at_target') }} as bucket
    from running
    where
        clock = 'business'
        and coalesce({{ microseconds_between('starts_at', 'ends_at') }} > remaining_microseconds, true)

),

overdue_on_business_clock as (

    select
        running_on_business_clock.ticket_id,
        running_on_business_clock.metric,
        running_on_business_clock.event_number,
        {{ add_microseconds(
            'bucketed_stretches.starts_at',
            'running_on_business_clock.reading_at_target - bucketed_stretches.open_microseconds_before'
        ) }} as overdue_from,
        running_on_business_clock.ends_at as overdue_until,
        false as is_past_at_start
    from running_on_business_clock
    inner join bucketed_stretches
        on running_on_business_clock.calendar_id = bucketed_stretches.calendar_id
        and running_on_business_clock.bucket = bucketed_stretches.bucket
        and running_on_business_clock.reading_at_target >= bucketed_stretches.open_microseconds_before
        and running_on_business_clock.reading_at_target
        < bucketed_stretches.open_microseconds_before + bucketed_stretches.open_microseconds

),

overdue as (

    select * from overdue_from_the_start
    union all
    select * from overdue_on_calendar_clock
    union all
    select * from overdue_on_business_clock

),

final as (

    select
        -- keys
        overdue.ticket_id,
        overdue.metric,
        overdue.event_number,

        -- stretch
        overdue.overdue_from,
        overdue.overdue_until

    from overdue
    cross join reporting_window
    where
        -- What happens at as_of has happened; a target that runs out then is not exceeded yet.
        (overdue.is_past_at_start or overdue.overdue_from < reporting_window.as_of)
        and coalesce(overdue.overdue_from < overdue.overdue_until, true)

)

select * from final
