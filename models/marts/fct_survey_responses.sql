-- Grain: one row per survey sent, answered or not.
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='response_id',
    on_schema_change='fail', meta={'touched': 'int_touched_survey_responses', 'partition_field': 'sent_at'}
) }}

with

responses as (

    select * from {{ ref('stg_survey_responses') }}
    {{ only_touched('response_id', 'int_touched_survey_responses') }}

),

ticket_ratings as (

    select
        response_id,
        ticket_id,
        survey_type,
        answered_at
    from responses
    where ticket_id is not null and answered_at is not null and score is not null

),

tickets as (

    select * from {{ ref('int_tickets_scoped') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

agents as (

    select * from {{ ref('stg_agents') }}

),

attributed_responses as (

    select
        responses.response_id,
        responses.ticket_id,
        coalesce(responses.customer_id, tickets.customer_id) as customer_id,
        coalesce(responses.agent_id, histories.resolver_id) as agent_id,
        responses.survey_type,
        responses.survey_kind,
        responses.question_version,
        coalesce(responses.channel, tickets.channel) as channel,
        tickets.source,
        tickets.priority,
        tickets.ticket_type,
        tickets.topic,
        tickets.status,
        -- A customer who is named but has no segment is `unknown`, not the ticket's.
        case
            when responses.customer_id is not null then customers.customer_segment
            else tickets.customer_segment
        end as customer_segment,
        -- A survey of an unknown ticket counts; one of a ticket out of scope does not.
        coalesce(tickets.is_in_scope, true) as is_in_scope,
        responses.is_delivered,
        responses.sent_at,
        responses.answered_at,
        responses.answered_at is not null as is_answered,
        case when responses.answered_at is not null then responses.score end as score,
        responses.scale_min,
        responses.scale_max,
        responses.sentiment_label,
        responses.language_code
    from responses
    left join tickets on responses.ticket_id = tickets.ticket_id
    left join histories on responses.ticket_id = histories.ticket_id
    left join customers on responses.customer_id = customers.customer_id

),

-- Of several ratings of one ticket the latest speaks; without a ticket each does.
ranked_ratings as (

    select
        response_id,
        row_number() over (
            partition by survey_type, ticket_id order by answered_at desc, response_id desc
        ) as rating_number
    from ticket_ratings

),

overtaken_ratings as (

    select response_id
    from ranked_ratings
    where rating_number > 1

),

final as (

    select
        -- keys
        attributed_responses.response_id,
        attributed_responses.ticket_id,
        attributed_responses.customer_id,
        attributed_responses.agent_id,

        -- survey
        attributed_responses.survey_type,
        attributed_responses.survey_kind,
        attributed_responses.question_version,
        attributed_responses.scale_min,
        attributed_responses.scale_max,

        -- attributes: its own, else its ticket's
        attributed_responses.channel,
        attributed_responses.source,
        agents.team,
        attributed_responses.priority,
        attributed_responses.ticket_type,
        attributed_responses.topic,
        attributed_responses.status,
        attributed_responses.customer_segment,
        attributed_responses.language_code,

        -- answer
        attributed_responses.is_in_scope,
        attributed_responses.is_delivered,
        attributed_responses.is_answered,
        attributed_responses.score,
        attributed_responses.score is not null and overtaken_ratings.response_id is null as is_latest_rating_of_ticket,
        case
            when attributed_responses.survey_type = 'csat'
                then {{ csat_bucket(
                    'attributed_responses.score', 'attributed_responses.scale_min', 'attributed_responses.scale_max'
                ) }}
        end as csat_bucket,
        case
            when attributed_responses.survey_type = 'ces'
                then {{ ces_ease(
                    'attributed_responses.score',
                    'attributed_responses.scale_min',
                    'attributed_responses.scale_max',
                    'attributed_responses.question_version'
                ) }}
        end as ces_ease,
        case
            when attributed_responses.survey_type = 'nps' then {{ nps_bucket('attributed_responses.score') }}
        end as nps_bucket,
        attributed_responses.sentiment_label,

        -- instants
        attributed_responses.sent_at,
        attributed_responses.answered_at,

        -- days
        {{ local_date('attributed_responses.sent_at') }} as sent_date,
        {{ local_date('attributed_responses.answered_at') }} as answered_date

    from attributed_responses
    left join overtaken_ratings on attributed_responses.response_id = overtaken_ratings.response_id
    left join agents on attributed_responses.agent_id = agents.agent_id

)

select * from final
