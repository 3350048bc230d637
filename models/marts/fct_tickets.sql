-- Grain: one row per ticket, in scope or not.
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='ticket_id',
    on_schema_change='fail', meta={'touched': 'int_touched_tickets', 'partition_field': 'created_at'}
) }}

with

tickets as (

    select * from {{ ref('int_tickets_scoped') }}
    {{ only_touched('ticket_id', 'int_touched_tickets') }}

),

tickets_of_their_customers as (

    select * from {{ ref('int_tickets_scoped') }}
    {{ only_touched('customer_id', 'int_touched_ticket_customers') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}

),

efforts as (

    select * from {{ ref('int_ticket_efforts') }}
    {{ only_touched('ticket_id', 'int_touched_tickets') }}

),

slas as (

    select * from {{ ref('int_ticket_slas') }}
    {{ only_touched('ticket_id', 'int_touched_tickets') }}

),

repeat_contacts as (

    select * from {{ ref('int_ticket_repeat_contacts') }}
    {{ only_touched('ticket_id', 'int_touched_tickets') }}

),

reopenings as (

    select * from {{ ref('int_ticket_reopenings') }}
    {{ only_touched('ticket_id', 'int_touched_tickets') }}

),

agents as (

    select * from {{ ref('stg_agents') }}

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

first_reopenings as (

    select
        ticket_id,
        min(reopened_at) as first_reopened_at
    from reopenings
    where is_after_first_solve
    group by ticket_id

),

-- The first ticket of each customer to which a person or a bot ever gave an answer.
answered_tickets as (

    select
        tickets_of_their_customers.ticket_id,
        row_number() over (
            partition by tickets_of_their_customers.customer_id
            order by tickets_of_their_customers.created_at, tickets_of_their_customers.ticket_id
        ) as answered_ticket_number
    from tickets_of_their_customers
    inner join histories on tickets_of_their_customers.ticket_id = histories.ticket_id
    where
        tickets_of_their_customers.is_in_scope
        and tickets_of_their_customers.customer_id is not null
        and (histories.reply_count > 0 or histories.bot_message_count > 0)

),

measured_tickets as (

    select
        tickets.*,
        histories.first_reply_at,
        histories.first_replier_id,
        histories.first_solved_at,
        histories.last_solved_at,
        histories.is_solved,
        histories.resolver_id,
        histories.reply_count,
        histories.private_note_count,
        histories.reopen_count,
        histories.has_human_action,
        histories.first_line_agent_id,
        histories.escalation_count,
        histories.is_escalated,
        first_reopenings.first_reopened_at,

        -- durations, on both clocks
        {{ minutes_between('tickets.created_at', 'histories.first_reply_at') }} as first_response_calendar_minutes,
        case
            when histories.first_reply_unknown_calendar_count = 0
                then {{ as_minutes('histories.first_reply_business_microseconds') }}
        end as first_response_business_minutes,
        {{ minutes_between('tickets.created_at', 'histories.first_solved_at') }} as first_solve_calendar_minutes,
        case
            when histories.is_solved
                then {{ minutes_between('tickets.created_at', 'histories.last_solved_at') }}
        end as resolution_calendar_minutes,
        case
            when histories.is_solved and histories.last_solve_unknown_calendar_count = 0
                then {{ as_minutes('histories.last_solve_business_microseconds') }}
        end as resolution_business_minutes,

        -- effort
        efforts.interaction_count,
        efforts.touch_count,
        efforts.contact_count,
        histories.reply_count > 0
        or histories.has_human_solve
        or efforts.has_answered_contact as is_handled_by_human,
        coalesce(answered_tickets.answered_ticket_number = 1, false) as is_first_answered_ticket_of_customer,

        -- windows after the first solve
        histories.has_reply_after_reopening,
        coalesce(
            repeat_contacts.next_created_at
            <= histories.first_solved_at + {{ var('fcr_window_days') }} * interval '1 day', false
        ) as has_repeat_contact,
        histories.first_solved_at + {{ var('fcr_window_days') }} * interval '1 day'
        <= reporting_window.as_of as is_fcr_window_over,
        coalesce(
            first_reopenings.first_reopened_at
            <= histories.first_solved_at + {{ var('reopen_window_days') }} * interval '1 day', false
        ) as is_reopened_in_window,
        histories.first_solved_at + {{ var('reopen_window_days') }} * interval '1 day'
        <= reporting_window.as_of as is_reopen_window_over

    from tickets
    inner join histories on tickets.ticket_id = histories.ticket_id
    inner join efforts on tickets.ticket_id = efforts.ticket_id
    left join repeat_contacts on tickets.ticket_id = repeat_contacts.ticket_id
    left join first_reopenings on tickets.ticket_id = first_reopenings.ticket_id
    left join answered_tickets on tickets.ticket_id = answered_tickets.ticket_id
    cross join reporting_window

),

final as (

    select
        -- keys
        measured_tickets.ticket_id,
        measured_tickets.customer_id,
        measured_tickets.calendar_id,
        measured_tickets.assignee_id,
        measured_tickets.first_replier_id,
        measured_tickets.resolver_id,
        measured_tickets.first_line_agent_id,
        measured_tickets.merged_into_ticket_id,

        -- attributes, as they are now
        measured_tickets.direction,
        measured_tickets.channel,
        measured_tickets.source,
        measured_tickets.team,
        measured_tickets.priority,
        measured_tickets.ticket_type,
        measured_tickets.topic,
        measured_tickets.status,
        measured_tickets.customer_segment,

        -- teams of those who acted
        first_repliers.team as first_replier_team,
        resolvers.team as resolver_team,
        first_line_agents.team as first_line_agent_team,

        -- scope
        measured_tickets.is_spam,
        measured_tickets.is_deleted,
        measured_tickets.is_test,
        measured_tickets.is_in_scope,

        -- instants
        measured_tickets.created_at,
        measured_tickets.first_reply_at,
        measured_tickets.first_solved_at,
        measured_tickets.last_solved_at,
        measured_tickets.first_reopened_at,

        -- days
        {{ local_date('measured_tickets.created_at') }} as created_date,
        {{ local_date('measured_tickets.first_reply_at') }} as first_reply_date,
        {{ local_date('measured_tickets.first_solved_at') }} as first_solved_date,
        {{ local_date('measured_tickets.last_solved_at') }} as last_solved_date,

        -- first response
        measured_tickets.first_response_calendar_minutes,
        measured_tickets.first_response_business_minutes,
        slas.first_response_sla_clock,
        slas.first_response_sla_target_minutes,
        slas.first_response_sla_minutes,
        slas.is_first_response_within_sla,

        -- resolution
        measured_tickets.is_solved,
        measured_tickets.first_solve_calendar_minutes,
        measured_tickets.resolution_calendar_minutes,
        measured_tickets.resolution_business_minutes,
        slas.resolution_sla_clock,
        slas.resolution_sla_target_minutes,
        case when measured_tickets.is_solved then slas.resolution_sla_minutes end as resolution_sla_minutes,
        case when measured_tickets.is_solved then slas.is_resolution_within_sla end as is_resolution_within_sla,

        -- effort
        measured_tickets.reply_count,
        measured_tickets.private_note_count,
        measured_tickets.interaction_count,
        measured_tickets.touch_count,
        measured_tickets.contact_count,
        measured_tickets.is_handled_by_human,
        measured_tickets.is_first_answered_ticket_of_customer,

        -- first contact resolution
        measured_tickets.is_solved
        and measured_tickets.is_handled_by_human
        and measured_tickets.is_fcr_window_over as is_fcr_counted,
        measured_tickets.is_solved
        and measured_tickets.is_handled_by_human
        and not measured_tickets.is_fcr_window_over as is_fcr_immature,
        measured_tickets.contact_count <= 1
        and measured_tickets.escalation_count = 0
        and not measured_tickets.has_reply_after_reopening
        and not measured_tickets.has_repeat_contact as is_resolved_at_first_contact,
        measured_tickets.has_repeat_contact,

        -- reopenings
        measured_tickets.reopen_count,
        coalesce(measured_tickets.is_reopen_window_over, false) as is_reopen_counted,
        coalesce(not measured_tickets.is_reopen_window_over, false) as is_reopen_immature,
        measured_tickets.is_reopened_in_window,

        -- escalation
        measured_tickets.has_human_action
        and coalesce(first_line_agents.tier, 1) = 1 as is_first_handled_at_tier_1,
        measured_tickets.escalation_count,
        measured_tickets.is_escalated

    from measured_tickets
    inner join slas on measured_tickets.ticket_id = slas.ticket_id
    left join agents as first_repliers on measured_tickets.first_replier_id = first_repliers.agent_id
    left join agents as resolvers on measured_tickets.resolver_id = resolvers.agent_id
    left join agents as first_line_agents on measured_tickets.first_line_agent_id = first_line_agents.agent_id

)

select * from final
