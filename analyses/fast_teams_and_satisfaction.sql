-- Which team is fast at the expense of satisfaction?
-- Quelle équipe va vite au détriment de la satisfaction ?
--
-- Speed beside quality, by team and quarter. Suspect is a team whose first response falls while its CSAT falls and
-- its reopenings rise: it answers sooner and settles less. Each figure is of the one it is about: the replier's team
-- for the response, the resolver's for the solve, the rated agent's for the rating.

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

survey_responses as (

    select * from {{ ref('fct_survey_responses') }}

),

first_responses as (

    select
        coalesce(first_replier_team, 'unknown') as team,
        {{ period_start('quarter', 'first_reply_date') }} as quarter_start_date,
        count(first_response_business_minutes) as first_reply_count,
        {{ first_response_time('first_response_business_minutes') }} as first_response_business_minutes
    from tickets
    where is_in_scope and first_reply_at is not null
    group by coalesce(first_replier_team, 'unknown'), {{ period_start('quarter', 'first_reply_date') }}

),

solves as (

    select
        coalesce(resolver_team, 'unknown') as team,
        {{ period_start('quarter', 'first_solved_date') }} as quarter_start_date,
        {{ reopen_rate('is_reopen_counted', 'is_reopened_in_window') }} as reopen_rate,
        {{ fcr_rate('is_fcr_counted', 'is_resolved_at_first_contact') }} as fcr_rate
    from tickets
    where is_in_scope and first_solved_at is not null
    group by coalesce(resolver_team, 'unknown'), {{ period_start('quarter', 'first_solved_date') }}

),

ratings as (

    select
        coalesce(team, 'unknown') as team,
        {{ period_start('quarter', 'answered_date') }} as quarter_start_date,
        count(score) as rating_count,
        {{ csat_satisfied_pct('score', 'scale_min', 'scale_max', var('csat_denominator')) }} as csat_satisfied_pct
    from survey_responses
    where is_in_scope and survey_type = 'csat' and is_latest_rating_of_ticket
    group by coalesce(team, 'unknown'), {{ period_start('quarter', 'answered_date') }}

),

final as (

    select
        first_responses.team,
        first_responses.quarter_start_date,
        first_responses.first_reply_count,
        first_responses.first_response_business_minutes,
        ratings.rating_count,
        ratings.csat_satisfied_pct,
        solves.reopen_rate,
        solves.fcr_rate
    from first_responses
    left join solves
        on first_responses.team = solves.team
        and first_responses.quarter_start_date = solves.quarter_start_date
    left join ratings
        on first_responses.team = ratings.team
        and first_responses.quarter_start_date = ratings.quarter_start_date

)

select * from final
order by team, quarter_start_date
