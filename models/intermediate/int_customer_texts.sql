-- Grain: one row per text of a customer: an inbound social mention, an answered survey with a comment or a label, a
-- public message in a ticket that KPIs count.

with

mentions as (

    select * from {{ ref('stg_social_mentions') }}

),

survey_responses as (

    select * from {{ ref('stg_survey_responses') }}

),

ticket_events as (

    select * from {{ ref('stg_ticket_events') }}

),

tickets as (

    select * from {{ ref('int_tickets_scoped') }}

),

mention_texts as (

    select
        'mention' as text_kind,
        mention_id as source_id,
        ticket_id,
        customer_id,
        network,
        posted_at as written_at,
        body,
        language_code,
        sentiment_label
    from mentions
    where mention_type in ('mention', 'comment', 'review')

),

survey_texts as (

    select
        'survey' as text_kind,
        survey_responses.response_id as source_id,
        survey_responses.ticket_id,
        survey_responses.customer_id,
        cast(null as {{ type_text() }}) as network,
        survey_responses.answered_at as written_at,
        survey_responses.comment as body,
        survey_responses.language_code,
        survey_responses.sentiment_label
    from survey_responses
    left join tickets on survey_responses.ticket_id = tickets.ticket_id
    where
        survey_responses.answered_at is not null
        and (survey_responses.comment is not null or survey_responses.sentiment_label is not null)
        and coalesce(tickets.is_in_scope, true)

),

message_texts as (

    select
        'message' as text_kind,
        ticket_events.event_id as source_id,
        ticket_events.ticket_id,
        cast(null as {{ type_text() }}) as customer_id,
        cast(null as {{ type_text() }}) as network,
        greatest(ticket_events.occurred_at, tickets.created_at) as written_at,
        ticket_events.body,
        cast(null as {{ type_text() }}) as language_code,
        ticket_events.sentiment_label
    from ticket_events
    inner join tickets on ticket_events.ticket_id = tickets.ticket_id
    where
        ticket_events.event_type = 'message'
        and ticket_events.actor_type = 'customer'
        and ticket_events.is_public
        and tickets.is_in_scope

),

all_texts as (

    select * from mention_texts
    union all
    select * from survey_texts
    union all
    select * from message_texts

),

final as (

    select
        -- keys
        text_kind || ' ' || source_id as text_id,
        text_kind,
        source_id,
        ticket_id,
        customer_id,

        -- text
        network,
        written_at,
        body,
        language_code,
        sentiment_label,
        case
            when sentiment_label is null and trim(body) <> ''
                then {{ md5_text("coalesce(language_code, '') || ' ' || body") }}
        end as text_hash

    from all_texts

)

select * from final
