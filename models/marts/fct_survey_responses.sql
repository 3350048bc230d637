-- Grain: one row per survey sent, answered or not.

with

responses as (

    select * from {{ ref('stg_survey_responses') }}

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
ranked_responses as (

    select
        *,
        row_number() over (
            partition by survey_type, coalesce('ticket ' || ticket_id, 'response ' || response_id), score is null
            order by answered_at desc, response_id desc
        ) as answer_number
    from attributed_responses

),

final as (

    select
        -- keys
        ranked_responses.response_id,
        ranked_responses.ticket_id,
        ranked_responses.customer_id,
        ranked_responses.agent_id,

        -- survey
        ranked_responses.survey_type,
        ranked_responses.survey_kind,
        ranked_responses.question_version,
        ranked_responses.scale_min,
        ranked_responses.scale_max,

        -- attributes: its own, else its ticket's
        ranked_responses.channel,
        ranked_responses.source,
        agents.team,
        ranked_responses.priority,
        ranked_responses.ticket_type,
        ranked_responses.topic,
        ranked_responses.status,
        ranked_responses.customer_segment,
        ranked_responses.language_code,

        -- answer
        ranked_responses.is_in_scope,
        ranked_responses.is_delivered,
        ranked_responses.is_answered,
        ranked_responses.score,
        ranked_responses.score is not null and ranked_responses.answer_number = 1 as is_latest_rating_of_ticket,
        case
            when ranked_responses.survey_type = 'csat'
                then {{ csat_bucket(
                    'ranked_responses.score', 'ranked_responses.scale_min', 'ranked_responses.scale_max'
                ) }}
        end as csat_bucket,
        case
            when ranked_responses.survey_type = 'ces'
                then {{ ces_ease(
                    'ranked_responses.score',
                    'ranked_responses.scale_min',
                    'ranked_responses.scale_max',
                    'ranked_responses.question_version'
                ) }}
        end as ces_ease,
        case
            when ranked_responses.survey_type = 'nps' then {{ nps_bucket('ranked_responses.score') }}
        end as nps_bucket,
        ranked_responses.sentiment_label,

        -- instants
        ranked_responses.sent_at,
        ranked_responses.answered_at,

        -- days
        {{ local_date('ranked_responses.sent_at') }} as sent_date,
        {{ local_date('ranked_responses.answered_at') }} as answered_date

    from ranked_responses
    left join agents on ranked_responses.agent_id = agents.agent_id

)

select * from final
