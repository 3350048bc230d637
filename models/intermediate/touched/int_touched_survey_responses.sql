-- Grain: one row per survey that an incremental run works out again; none in a build of everything.

with

survey_responses as (

    select * from {{ ref('base_survey_responses') }}

),

arrived_responses as (

    select ticket_id
    from survey_responses
    where {{ is_row_arrived(['answered_at']) }}

),

final as (

    select distinct response_id
    from survey_responses
    where
        response_id is not null
        and (
            {{ is_row_touched(['answered_at']) }}
            -- Which of a ticket's ratings is the latest depends on all of them, of an unknown ticket too.
            or ticket_id in (select arrived_responses.ticket_id from arrived_responses)
        )

)

select * from final
