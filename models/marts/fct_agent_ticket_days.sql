-- Grain: one row per ticket, agent and day with at least one human action (reply, note or status change).
-- An action without an agent's id is one of an unknown agent.
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='ticket_id',
    on_schema_change='fail', meta={'touched': 'int_arrived_tickets', 'partition_field': 'action_date'}
) }}

with

events as (

    select * from {{ ref('int_ticket_events_ordered') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

agents as (

    select * from {{ ref('stg_agents') }}

),

actions as (

    select
        ticket_id,
        actor_id as agent_id,
        {{ local_date('occurred_at') }} as action_date
    from events
    where is_human_action

),

action_days as (

    select
        ticket_id,
        agent_id,
        action_date,
        count(*) as action_count
    from actions
    group by ticket_id, agent_id, action_date

),

final as (

    select
        -- keys
        action_days.ticket_id,
        action_days.agent_id,
        action_days.action_date,
        agents.team,

        -- actions
        action_days.action_count,

        -- A ticket counts once a day, and once for each team, whoever shared it: one row stands for the others.
        row_number() over (
            partition by action_days.ticket_id, action_days.action_date
            order by action_days.agent_id nulls last
        ) = 1 as is_first_of_day,
        row_number() over (
            partition by action_days.ticket_id, action_days.action_date, agents.team
            order by action_days.agent_id nulls last
        ) = 1 as is_first_of_team_day,

        -- days
        lag(action_days.action_date) over (
            partition by action_days.ticket_id, action_days.agent_id
            order by action_days.action_date
        ) as earlier_action_date

    from action_days
    left join agents on action_days.agent_id = agents.agent_id

)

select * from final
