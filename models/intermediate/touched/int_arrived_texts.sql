-- Grain: one row per text of which something arrived, which an incremental run works out again; none in a build of
-- everything.

with

mentions as (

    select * from {{ ref('int_touched_social_mentions') }}

),

survey_responses as (

    select * from {{ ref('int_touched_survey_responses') }}

),

tickets as (

    select * from {{ ref('int_arrived_tickets') }}

),

ticket_events as (

    select * from {{ ref('base_ticket_events') }}

),

all_texts as (

    select
        'mention' as text_kind,
        mention_id as source_id
    from mentions

    union all

    select
        'survey' as text_kind,
        response_id as source_id
    from survey_responses

    union all

    -- Whatever the event is now: it may have been a message.
    select distinct
        'message' as text_kind,
        ticket_events.event_id as source_id
    from ticket_events
    inner join tickets on ticket_events.ticket_id = tickets.ticket_id
    where ticket_events.event_id is not null

),

final as (

    select text_kind || ' ' || source_id as text_id
    from all_texts

)

select * from final
