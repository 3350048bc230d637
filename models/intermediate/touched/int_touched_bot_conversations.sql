-- Grain: one row per bot conversation that an incremental run works out again; none in a build of everything.
{% set window = var('ai_window_hours') ~ " * interval '1 hour'" %}

with

conversations as (

    select * from {{ ref('base_bot_conversations') }}

),

final as (

    select distinct conversation_id
    from conversations
    where
        conversation_id is not null
        and (
            {{ is_row_touched(['ended_at', 'handed_off_at']) }}
            or {{ is_key_among('customer_id', ref('int_touched_customers')) }}
            or {{ is_after_last_as_of('started_at + ' ~ window) }}
            or {{ is_after_last_as_of('ended_at + ' ~ window) }}
        )

)

select * from final
