-- Grain: one row per conversation that a bot took part in.

with

bot_conversations as (

    select * from {{ ref('base_bot_conversations') }}
    where verdict = 'accepted'

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

final as (

    select
        -- keys
        bot_conversations.conversation_id,
        bot_conversations.customer_id,
        bot_conversations.ticket_id,

        -- description
        bot_conversations.channel,
        bot_conversations.topic,
        cast(bot_conversations.feedback as {{ type_text() }}) as feedback,

        -- measures
        bot_conversations.answer_count,

        -- flags
        bot_conversations.is_routine,

        -- time
        bot_conversations.started_at,
        {{ known_by('reporting_window.as_of', 'bot_conversations.ended_at') }} as ended_at,
        {{ known_by('reporting_window.as_of', 'bot_conversations.handed_off_at') }} as handed_off_at

    from bot_conversations
    cross join reporting_window

)

select * from final
