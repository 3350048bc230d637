-- Grain: one row per in-scope ticket that did not come from a bot conversation: none names it, and none of its
-- customer's was under way, or over for less than the window, when it was created.
{{ config(materialized='view', unique_key='ticket_id', meta={'touched': 'int_touched_ticket_requests'}) }}
{% set ai_window = var('ai_window_hours') ~ " * interval '1 hour'" %}

with

tickets as (

    select * from {{ ref('int_tickets_scoped') }}

),

conversations as (

    select * from {{ ref('stg_bot_conversations') }}

),

followups as (

    select * from {{ ref('int_customer_followups') }}
    where thing = 'ticket'

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

handed_over_tickets as (

    select distinct ticket_id
    from conversations
    where ticket_id is not null

),

final as (

    select
        -- keys
        tickets.ticket_id,

        -- maturity
        tickets.created_at + {{ ai_window }} <= reporting_window.as_of as is_mature

    from tickets
    cross join reporting_window
    left join handed_over_tickets on tickets.ticket_id = handed_over_tickets.ticket_id
    left join followups on tickets.ticket_id = followups.thing_id
    where
        tickets.is_in_scope
        and handed_over_tickets.ticket_id is null
        and coalesce(followups.conversation_until_at < tickets.created_at, true)

)

select * from final
