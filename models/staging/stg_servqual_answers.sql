-- Grain: one row per respondent and item of a SERVQUAL questionnaire.

with

servqual_answers as (

    select * from {{ ref('base_servqual_answers') }}
    where verdict = 'accepted'

),

final as (

    select
        -- keys
        servqual_answers.answer_id,
        servqual_answers.response_id,
        servqual_answers.customer_id,

        -- description
        servqual_answers.channel,
        servqual_answers.dimension,
        servqual_answers.item,

        -- measures
        servqual_answers.expectation,
        servqual_answers.perception,
        servqual_answers.scale_min,
        servqual_answers.scale_max,

        -- time
        servqual_answers.answered_at

    from servqual_answers

)

select * from final
