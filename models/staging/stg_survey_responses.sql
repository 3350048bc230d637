-- Grain: one row per survey sent, answered or not.

with

survey_responses as (

    select * from {{ ref('base_survey_responses') }}
    where verdict = 'accepted'

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

-- A score without an answer is no answer: what is not answered by as_of has none of its parts.
final as (

    select
        -- keys
        survey_responses.response_id,
        survey_responses.ticket_id,
        survey_responses.customer_id,
        survey_responses.agent_id,

        -- description
        cast(survey_responses.survey_type as {{ type_text() }}) as survey_type,
        cast(survey_responses.survey_kind as {{ type_text() }}) as survey_kind,
        survey_responses.question_version,
        survey_responses.channel,
        case
            when survey_responses.answered_at <= reporting_window.as_of
                then cast(survey_responses.sentiment_label as {{ type_text() }})
        end as sentiment_label,
        survey_responses.language_code,

        -- measures
        case
            when survey_responses.answered_at <= reporting_window.as_of then survey_responses.score
        end as score,
        survey_responses.scale_min,
        survey_responses.scale_max,

        -- flags
        survey_responses.is_delivered,

        -- time
        survey_responses.sent_at,
        {{ known_by('reporting_window.as_of', 'survey_responses.answered_at') }} as answered_at,

        -- personal
        case
            when survey_responses.answered_at <= reporting_window.as_of then survey_responses.comment
        end as comment

    from survey_responses
    cross join reporting_window

)

select * from final
