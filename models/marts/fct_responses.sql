-- Grain: one row per response: the first reply after one or more unanswered public messages of the customer.
{{ config(materialized='view', unique_key='ticket_id', meta={'touched': 'int_arrived_tickets'}) }}

with

responses as (

    select * from {{ ref('int_ticket_responses') }}

),

final as (

    select
        -- keys
        reply_event_id,
        ticket_id,
        replier_id,
        replier_team,

        -- instants
        asked_at,
        replied_at,
        replied_date,

        -- durations
        response_calendar_minutes,
        response_business_minutes

    from responses

)

select * from final
