-- Where does the knowledge base fail?
-- Où la base de connaissances échoue-t-elle ?
--
-- By topic: visitors who found what they looked for, questions put to the bot or to the assistant that got no answer,
-- answers graded correct, and the tickets that arrive on the topic all the same. The article to write is where success
-- is low, questions go unanswered and tickets are many.

with

sessions as (

    select * from {{ ref('fct_self_service_sessions') }}

),

bot_questions as (

    select * from {{ ref('fct_bot_questions') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

visits as (

    select
        coalesce(topic, 'unknown') as topic,
        count(distinct visitor_id) as visitor_count,
        {{ self_service_success_rate('visitor_id', 'case when is_mature then outcome_rank end') }}
            as self_service_success_rate
    from sessions
    group by coalesce(topic, 'unknown')

),

questions as (

    select
        coalesce(topic, 'unknown') as topic,
        count(question_id) as question_count,
        {{ unanswered_question_rate('question_id', 'is_answered') }} as unanswered_question_rate,
        {{ ai_answer_accuracy('grade is not null', "grade = 'correct'") }} as ai_answer_accuracy
    from bot_questions
    group by coalesce(topic, 'unknown')

),

created as (

    select
        coalesce(topic, 'unknown') as topic,
        {{ ticket_volume('ticket_id') }} as ticket_volume
    from tickets
    where is_in_scope
    group by coalesce(topic, 'unknown')

),

topics as (

    select topic from visits
    union distinct
    select topic from questions

),

final as (

    select
        topics.topic,
        visits.visitor_count,
        visits.self_service_success_rate,
        questions.question_count,
        questions.unanswered_question_rate,
        questions.ai_answer_accuracy,
        created.ticket_volume
    from topics
    left join visits on topics.topic = visits.topic
    left join questions on topics.topic = questions.topic
    left join created on topics.topic = created.topic

)

select * from final
order by unanswered_question_rate desc nulls last, self_service_success_rate asc nulls last, topic asc
