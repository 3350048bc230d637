-- Grain: one row per ticket and stretch of its life in which status, priority and calendar stay the same.
{{ config(meta={'partition_field': 'starts_at'}) }}
{% set life -%}
partition by ticket_id order by event_number
{%- endset %}

with

tickets as (

    select * from {{ ref('int_tickets_scoped') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

events as (

    select * from {{ ref('int_ticket_events_ordered') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

sla_targets as (

    select * from {{ ref('int_sla_targets') }}

),

turning_points as (

    select
        events.ticket_id,
        events.event_number,
        events.occurred_at,
        events.business_microseconds,
        events.unknown_calendar_count,
        tickets.channel,
        case
            when events.event_type = 'creation' then coalesce(histories.first_known_status, 'new')
            when events.is_status_changed then lower(events.new_value)
        end as new_status,
        case
            when events.event_type = 'creation' then coalesce(histories.first_known_priority, tickets.priority)
            when events.event_type = 'priority_change' then lower(events.new_value)
        end as new_priority
    from events
    inner join tickets on events.ticket_id = tickets.ticket_id
    inner join histories on events.ticket_id = histories.ticket_id
    where
        events.event_type in ('creation', 'priority_change', 'calendar_change')
        or events.is_status_changed

),

stretches as (

    select
        *,
        coalesce(new_status, {{ latest_before('new_status', life) }}) as status,
        coalesce(new_priority, {{ latest_before('new_priority', life) }}) as priority,
        case
            when new_priority is not null then occurred_at
            else {{ latest_before('case when new_priority is not null then occurred_at end', life) }}
        end as priority_set_at,
        lead(occurred_at) over ({{ life }}) as ends_at,
        lead(business_microseconds) over ({{ life }}) as business_microseconds_at_end
    from turning_points

),

final as (

    select
        -- keys
        stretches.ticket_id,
        stretches.event_number,

        -- stretch
        stretches.occurred_at as starts_at,
        stretches.ends_at,
        stretches.status,
        stretches.status in ('{{ var("sla_pause_statuses") | join("', '") }}') as is_paused,

        -- clock
        stretches.unknown_calendar_count,
        stretches.business_microseconds,
        stretches.business_microseconds_at_end,

        -- targets in force: the channel's policy before the general one
        coalesce(channel_first_response.clock, general_first_response.clock) as first_response_clock,
        coalesce(
            channel_first_response.target_microseconds, general_first_response.target_microseconds
        ) as first_response_target_microseconds,
        coalesce(channel_resolution.clock, general_resolution.clock) as resolution_clock,
        coalesce(
            channel_resolution.target_microseconds, general_resolution.target_microseconds
        ) as resolution_target_microseconds

    from stretches
    {% for metric in ['first_response', 'resolution'] %}
    left join sla_targets as channel_{{ metric }}
        on channel_{{ metric }}.metric = '{{ metric }}'
        and stretches.priority = channel_{{ metric }}.priority
        and stretches.channel = channel_{{ metric }}.channel
        and stretches.priority_set_at >= channel_{{ metric }}.starts_at
        and stretches.priority_set_at < channel_{{ metric }}.ends_at
    left join sla_targets as general_{{ metric }}
        on general_{{ metric }}.metric = '{{ metric }}'
        and stretches.priority = general_{{ metric }}.priority
        and general_{{ metric }}.channel is null
        and stretches.priority_set_at >= general_{{ metric }}.starts_at
        and stretches.priority_set_at < general_{{ metric }}.ends_at
    {% endfor %}

)

select * from final
