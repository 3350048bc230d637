-- Grain: one row per post on a social network that concerns the company, its own posts included.
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='mention_id',
    on_schema_change='fail', meta={'touched': 'int_touched_social_mentions', 'partition_field': 'posted_at'}
) }}

with

mentions as (

    select * from {{ ref('stg_social_mentions') }}
    {{ only_touched('mention_id', 'int_touched_social_mentions') }}

),

tickets as (

    select * from {{ ref('int_tickets_scoped') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

final as (

    select
        -- keys
        mentions.mention_id,
        mentions.ticket_id,
        mentions.customer_id,

        -- attributes
        mentions.network,
        mentions.mention_type,
        mentions.visibility,
        case
            when mentions.customer_id is not null then customers.customer_segment
            else tickets.customer_segment
        end as customer_segment,
        mentions.language_code,

        -- what it is: shares and the company's own posts ask nothing
        mentions.mention_type in ('mention', 'comment', 'review') as is_inbound,
        mentions.visibility = 'public' as is_public,
        mentions.needs_reply and mentions.mention_type not in ('share', 'own_post') as needs_reply,
        mentions.sentiment_label,

        -- reply
        mentions.posted_at,
        mentions.first_replied_at,
        {{ minutes_between('mentions.posted_at', 'mentions.first_replied_at') }} as response_calendar_minutes,

        -- days
        {{ local_date('mentions.posted_at') }} as posted_date,
        {{ local_date('mentions.first_replied_at') }} as first_replied_date

    from mentions
    left join tickets on mentions.ticket_id = tickets.ticket_id
    left join customers on mentions.customer_id = customers.customer_id

)

select * from final
