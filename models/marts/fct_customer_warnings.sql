-- Grain: one row per sign that a customer may be unhappy: a bad rating, an answer that it was hard, a repeat contact
-- or a reopening; and per text of theirs with a sentiment, of which the share that is negative counts.
-- A view: each row is one of another fact.
{{ config(materialized='view') }}

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

reopenings as (

    select * from {{ ref('fct_reopenings') }}

),

survey_responses as (

    select * from {{ ref('fct_survey_responses') }}

),

customer_texts as (

    select * from {{ ref('fct_customer_texts') }}

),

final as (

    select
        customer_id,
        'bad_rating' as warning,
        'survey' as source_kind,
        response_id as source_id,
        answered_at as occurred_at
    from survey_responses
    where
        is_in_scope
        and (nps_bucket = 'detractor' or (csat_bucket = 'negative' and is_latest_rating_of_ticket))

    union all

    select
        customer_id,
        'high_effort' as warning,
        'survey' as source_kind,
        response_id as source_id,
        answered_at as occurred_at
    from survey_responses
    where is_in_scope and {{ is_high_effort('ces_ease') }}

    union all

    select
        customer_id,
        'came_back' as warning,
        'ticket' as source_kind,
        ticket_id as source_id,
        first_solved_at as occurred_at
    from tickets
    where is_in_scope and is_fcr_counted and has_repeat_contact

    union all

    select
        tickets.customer_id,
        'came_back' as warning,
        'reopening' as source_kind,
        reopenings.event_id as source_id,
        reopenings.reopened_at as occurred_at
    from reopenings
    inner join tickets on reopenings.ticket_id = tickets.ticket_id
    where tickets.is_in_scope

    union all

    select
        customer_id,
        case when sentiment_label = 'negative' then 'negative_text' else 'other_text' end as warning,
        'text' as source_kind,
        text_id as source_id,
        written_at as occurred_at
    from customer_texts
    where sentiment_label is not null

)

select * from final
where customer_id is not null
