-- Grain: one row per respondent and item of a SERVQUAL survey.

with

answers as (

    select * from {{ ref('stg_servqual_answers') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

final as (

    select
        -- keys
        answers.answer_id,
        answers.response_id,
        answers.customer_id,

        -- attributes
        answers.channel,
        customers.customer_segment,

        -- answer
        answers.dimension as servqual_dimension,
        answers.item,
        answers.expectation,
        answers.perception,
        answers.expectation is not null and answers.perception is not null as is_complete,

        -- instants
        answers.answered_at,
        {{ local_date('answers.answered_at') }} as answered_date

    from answers
    left join customers on answers.customer_id = customers.customer_id

)

select * from final
