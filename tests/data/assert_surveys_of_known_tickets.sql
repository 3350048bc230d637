{{ config(severity='warn') }}
-- Accepted, but they reach no ticket: perhaps the tickets come from another export.

with

survey_responses as (

    select * from {{ ref('stg_survey_responses') }}

),

tickets as (

    select * from {{ ref('stg_tickets') }}

)

select
    survey_responses.response_id,
    survey_responses.ticket_id

from survey_responses
left join tickets on survey_responses.ticket_id = tickets.ticket_id
where
    survey_responses.ticket_id is not null
    and tickets.ticket_id is null
