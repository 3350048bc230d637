-- Grain: one row per question put to a bot, a search or an assistant of the agents.
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='question_id',
    on_schema_change='fail', meta={'touched': 'int_touched_bot_questions', 'partition_field': 'asked_at'}
) }}

with

questions as (

    select * from {{ ref('stg_bot_questions') }}
    {{ only_touched('question_id', 'int_touched_bot_questions') }}

),

tickets as (

    select * from {{ ref('int_tickets_scoped') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

final as (

    select
        -- keys
        questions.question_id,
        questions.conversation_id,
        questions.session_id,
        questions.ticket_id,
        questions.customer_id,

        -- attributes
        questions.topic,
        case
            when questions.customer_id is not null then customers.customer_segment
            else tickets.customer_segment
        end as customer_segment,

        -- answer
        questions.is_answered,
        questions.grade,
        questions.grader,

        -- instants
        questions.asked_at,
        {{ local_date('questions.asked_at') }} as asked_date

    from questions
    left join tickets on questions.ticket_id = tickets.ticket_id
    left join customers on questions.customer_id = customers.customer_id

)

select * from final
