-- Grain: one row per question to a bot that an incremental run works out again; none in a build of everything.

with

questions as (

    select * from {{ ref('base_bot_questions') }}

),

final as (

    select distinct question_id
    from questions
    where question_id is not null and {{ is_row_touched() }}

)

select * from final
