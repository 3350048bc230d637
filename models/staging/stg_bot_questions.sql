-- Grain: one row per question put to a bot or to an assistant of agents.

with

bot_questions as (

    select * from {{ ref('base_bot_questions') }}
    where verdict = 'accepted'

),

final as (

    select
        -- keys
        bot_questions.question_id,
        bot_questions.conversation_id,
        bot_questions.session_id,
        bot_questions.ticket_id,
        bot_questions.customer_id,

        -- description
        bot_questions.topic,
        cast(bot_questions.grade as {{ type_text() }}) as grade,
        cast(bot_questions.grader as {{ type_text() }}) as grader,

        -- flags
        bot_questions.is_answered,

        -- time
        bot_questions.asked_at

    from bot_questions

)

select * from final
