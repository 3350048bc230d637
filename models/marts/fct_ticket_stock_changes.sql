-- Grain: one row per ticket and event of its life at which it enters (+1) or leaves (-1) a stock: the open backlog,
-- the open tickets past their first-response target, those past their resolution target.
-- A stock is the sum of its changes so far.
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='ticket_id',
    on_schema_change='fail', meta={'touched': 'int_ageing_tickets', 'partition_field': 'changed_at'}
) }}

with

events as (

    select * from {{ ref('int_ticket_events_ordered') }}
    {{ only_touched('ticket_id', 'int_ageing_tickets') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}
    {{ only_touched('ticket_id', 'int_ageing_tickets') }}

),

overdue_spans as (

    select * from {{ ref('int_ticket_overdue_spans') }}
    {{ only_touched('ticket_id', 'int_ageing_tickets') }}

),

backlog_changes as (

    select
        events.ticket_id,
        'open_backlog' as stock,
        events.event_number,
        events.occurred_at as changed_at,
        case when events.is_solve then -1 else 1 end as change
    from events
    inner join histories on events.ticket_id = histories.ticket_id
    where
        events.is_solve
        or events.is_solve_undone
        or (
            events.event_type = 'creation'
            and not ({{ is_solved_status("coalesce(histories.first_known_status, 'new')") }})
        )

),

overdue_changes as (

    select
        ticket_id,
        'overdue_open_' || metric as stock,
        event_number,
        overdue_from as changed_at,
        1 as change
    from overdue_spans

    union all

    select
        ticket_id,
        'overdue_open_' || metric as stock,
        event_number,
        overdue_until as changed_at,
        -1 as change
    from overdue_spans
    where overdue_until is not null

),

all_changes as (

    select * from backlog_changes
    union all
    select * from overdue_changes

),

final as (

    select
        -- keys
        ticket_id,
        stock,
        event_number,

        -- change
        changed_at,
        {{ local_date('changed_at') }} as changed_date,
        change

    from all_changes

)

select * from final
