-- Grain: one row per self-service session.
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='session_id',
    on_schema_change='fail', meta={'touched': 'int_touched_self_service_sessions', 'partition_field': 'started_at'}
) }}
{% set window = var('self_service_window_hours') ~ " * interval '1 hour'" %}
{% set ai_window = var('ai_window_hours') ~ " * interval '1 hour'" %}

with

sessions as (

    select * from {{ ref('stg_self_service_sessions') }}
    {{ only_touched('session_id', 'int_touched_self_service_sessions') }}

),

followups as (

    select * from {{ ref('int_customer_followups') }}
    where thing = 'session'

),

customers as (

    select * from {{ ref('stg_customers') }}

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

followed_sessions as (

    select
        sessions.*,
        customers.customer_segment,
        reporting_window.as_of,
        coalesce(followups.next_ticket_at <= sessions.started_at + {{ window }}, false) as is_followed_by_ticket,
        coalesce(followups.next_conversation_at <= sessions.started_at + {{ window }}, false)
            as is_followed_by_conversation
    from sessions
    cross join reporting_window
    left join followups on sessions.session_id = followups.thing_id
    left join customers on sessions.customer_id = customers.customer_id

),

final as (

    select
        -- keys
        session_id,
        visitor_id,
        customer_id,

        -- attributes
        tool,
        topic,
        customer_segment,

        -- what was found
        search_result_count,
        article_view_count,
        feedback,
        -- Of a visitor's sessions the most telling decides: 3 helpful, 2 not helpful, 1 read and not asked, 0 nothing.
        case
            when feedback = 'helpful' then 3
            when feedback = 'not_helpful' then 2
            when article_view_count >= 1 and not is_followed_by_ticket then 1
            else 0
        end as outcome_rank,
        feedback = 'helpful' or (article_view_count >= 1 and feedback is null) as has_found_answer,

        -- follow-up
        is_followed_by_ticket,
        is_followed_by_conversation,
        started_at + {{ window }} <= as_of as is_mature,
        started_at + {{ ai_window }} <= as_of as is_mature_for_ai,

        -- instants
        started_at,
        {{ local_date('started_at') }} as started_date

    from followed_sessions

)

select * from final
