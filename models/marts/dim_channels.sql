-- Grain: one row per channel that a ticket, a contact or a survey names.

with

tickets as (

    select * from {{ ref('stg_tickets') }}

),

contacts as (

    select * from {{ ref('stg_contacts') }}

),

survey_responses as (

    select * from {{ ref('stg_survey_responses') }}

),

sightings as (

    select distinct
        channel,
        'tickets' as seen_in
    from tickets
    where channel is not null

    union all

    select distinct
        channel,
        'contacts' as seen_in
    from contacts
    where channel is not null

    union all

    select distinct
        channel,
        'survey_responses' as seen_in
    from survey_responses
    where channel is not null

),

final as (

    select
        -- keys
        channel,

        -- where it is seen
        {{ count_if("seen_in = 'tickets'") }} > 0 as has_tickets,
        {{ count_if("seen_in = 'contacts'") }} > 0 as has_contacts,
        {{ count_if("seen_in = 'survey_responses'") }} > 0 as has_survey_responses

    from sightings
    group by channel

)

select * from final
