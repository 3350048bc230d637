-- Grain: one row per post on a social network.

with

social_mentions as (

    select * from {{ ref('base_social_mentions') }}
    where verdict = 'accepted'

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

final as (

    select
        -- keys
        social_mentions.mention_id,
        social_mentions.author_id,
        social_mentions.customer_id,
        social_mentions.ticket_id,

        -- description
        social_mentions.network,
        cast(social_mentions.mention_type as {{ type_text() }}) as mention_type,
        cast(social_mentions.visibility as {{ type_text() }}) as visibility,
        cast(social_mentions.sentiment_label as {{ type_text() }}) as sentiment_label,
        social_mentions.language_code,

        -- flags
        social_mentions.needs_reply,

        -- time
        social_mentions.posted_at,
        {{ known_by('reporting_window.as_of', 'social_mentions.first_replied_at') }} as first_replied_at,

        -- personal
        social_mentions.body

    from social_mentions
    cross join reporting_window

)

select * from final
