-- Grain: one row per text of a customer that KPIs count, with its sentiment; the text itself is personal and stays in
-- staging.
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='text_id',
    on_schema_change='fail', meta={'touched': 'int_touched_texts', 'partition_field': 'written_at'}
) }}

with

texts as (

    select * from {{ ref('int_customer_texts') }}
    {{ only_touched('text_id', 'int_touched_texts') }}

),

tickets as (

    select * from {{ ref('int_tickets_scoped') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

text_sentiments as (

    {{ classified_texts() }}

),

placed_texts as (

    select
        texts.*,
        tickets.customer_id as ticket_customer_id,
        tickets.customer_segment as ticket_customer_segment,
        case
            when texts.text_kind = 'message' then greatest(texts.delivered_at, tickets.created_at)
            else texts.delivered_at
        end as written_at
    from texts
    left join tickets on texts.ticket_id = tickets.ticket_id
    where
        case texts.text_kind
            when 'mention' then true
            -- A survey of an unknown ticket counts, a message of one does not.
            when 'survey' then coalesce(tickets.is_in_scope, true)
            else coalesce(tickets.is_in_scope, false)
        end

),

final as (

    select
        -- keys
        placed_texts.text_id,
        placed_texts.text_kind,
        placed_texts.source_id,
        placed_texts.ticket_id,
        coalesce(placed_texts.customer_id, placed_texts.ticket_customer_id) as customer_id,

        -- attributes
        placed_texts.network,
        case
            when placed_texts.customer_id is not null then customers.customer_segment
            else placed_texts.ticket_customer_segment
        end as customer_segment,
        coalesce(placed_texts.language_code, text_sentiments.language_code) as language_code,

        -- sentiment
        coalesce(placed_texts.sentiment_label, text_sentiments.sentiment_label) as sentiment_label,
        case
            when placed_texts.sentiment_label is not null then 'source'
            when text_sentiments.sentiment_label is not null then 'classifier'
        end as sentiment_source,
        case
            when text_sentiments.sentiment_label is not null then text_sentiments.classifier_name
        end as classifier_name,
        case
            when text_sentiments.sentiment_label is not null then text_sentiments.classifier_version
        end as classifier_version,

        -- instants
        placed_texts.written_at,
        {{ local_date('placed_texts.written_at') }} as written_date

    from placed_texts
    left join customers on placed_texts.customer_id = customers.customer_id
    -- The hash is null where the source gives a label: a label of the source is never replaced.
    left join text_sentiments on placed_texts.text_hash = text_sentiments.text_hash

)

select * from final
