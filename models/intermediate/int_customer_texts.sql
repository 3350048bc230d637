-- Grain: one row per text of a customer: an inbound social mention, an answered survey with a comment or a label, a
-- customer's public message in a ticket, known or not, counted or not.
-- What is replaced, depends_on: {{ ref('int_arrived_texts') }}
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='text_id',
    on_schema_change='fail', meta={'touched': 'int_arrived_texts', 'partition_field': 'delivered_at'}
) }}

with

mentions as (

    select * from {{ ref('stg_social_mentions') }}
    {{ only_touched('mention_id', 'int_touched_social_mentions') }}

),

survey_responses as (

    select * from {{ ref('stg_survey_responses') }}
    {{ only_touched('response_id', 'int_touched_survey_responses') }}

),

ticket_events as (

    select * from {{ ref('stg_ticket_events') }}
    {{ only_touched('ticket_id', 'int_arrived_tickets') }}

),

all_texts as (

    select
        'mention' as text_kind,
        mention_id as source_id,
        ticket_id,
        customer_id,
        network,
        posted_at as delivered_at,
        body,
        language_code,
        sentiment_label
    from mentions
    where mention_type in ('mention', 'comment', 'review')

    union all

    select
        'survey' as text_kind,
        response_id as source_id,
        ticket_id,
        customer_id,
        cast(null as {{ type_text() }}) as network,
        answered_at as delivered_at,
        comment as body,
        language_code,
        sentiment_label
    from survey_responses
    where answered_at is not null and (comment is not null or sentiment_label is not null)

    union all

    select
        'message' as text_kind,
        event_id as source_id,
        ticket_id,
        cast(null as {{ type_text() }}) as customer_id,
        cast(null as {{ type_text() }}) as network,
        occurred_at as delivered_at,
        body,
        cast(null as {{ type_text() }}) as language_code,
        sentiment_label
    from ticket_events
    where event_type = 'message' and actor_type = 'customer' and is_public

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
        delivered_at,
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
