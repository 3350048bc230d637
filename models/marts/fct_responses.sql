-- Grain: one row per response: the first reply after one or more unanswered public messages of the customer.

with

responses as (

    select * from {{ ref('int_ticket_responses') }}

),

agents as (

    select * from {{ ref('stg_agents') }}

),

final as (

    select
        -- keys
        responses.reply_event_id,
        responses.ticket_id,
        responses.replier_id,
        agents.team as replier_team,

        -- instants
        responses.asked_at,
        responses.replied_at,
        {{ local_date('responses.replied_at') }} as replied_date,

        -- durations
        responses.response_calendar_minutes,
        responses.response_business_minutes

    from responses
    left join agents on responses.replier_id = agents.agent_id

)

select * from final
