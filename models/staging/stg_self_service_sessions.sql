-- Grain: one row per visit to a self-service tool.

with

self_service_sessions as (

    select * from {{ ref('base_self_service_sessions') }}
    where verdict = 'accepted'

),

final as (

    select
        -- keys
        self_service_sessions.session_id,
        self_service_sessions.visitor_id,
        self_service_sessions.customer_id,

        -- description
        cast(self_service_sessions.tool as {{ type_text() }}) as tool,
        self_service_sessions.topic,
        cast(self_service_sessions.feedback as {{ type_text() }}) as feedback,

        -- measures
        self_service_sessions.search_result_count,
        self_service_sessions.article_view_count,

        -- time
        self_service_sessions.started_at,

        -- personal
        self_service_sessions.search_query

    from self_service_sessions

)

select * from final
