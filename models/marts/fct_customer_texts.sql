-- Grain: one row per text of a customer, with its sentiment; the text itself is personal and stays in staging.

with

texts as (

    select * from {{ ref('int_customer_texts') }}

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

final as (

    select
        -- keys
        texts.text_id,
        texts.text_kind,
        texts.source_id,
        texts.ticket_id,
        coalesce(texts.customer_id, tickets.customer_id) as customer_id,

        -- attributes
        texts.network,
        case
            when texts.customer_id is not null then customers.customer_segment
            else tickets.customer_segment
        end as customer_segment,
        coalesce(texts.language_code, text_sentiments.language_code) as language_code,

        -- sentiment
        coalesce(texts.sentiment_label, text_sentiments.sentiment_label) as sentiment_label,
        case
            when texts.sentiment_label is not null then 'source'
            when text_sentiments.sentiment_label is not null then 'classifier'
        end as sentiment_source,
        case
            when text_sentiments.sentiment_label is not null then text_sentiments.classifier_name
        end as classifier_name,
        case
            when text_sentiments.sentiment_label is not null then text_sentiments.classifier_version
        end as classifier_version,

        -- instants
        texts.written_at,
        {{ local_date('texts.written_at') }} as written_date

    from texts
    left join tickets on texts.ticket_id = tickets.ticket_id
    left join customers on texts.customer_id = customers.customer_id
    -- The hash is null where the source gives a label: a label of the source is never replaced.
    left join text_sentiments on texts.text_id = text_sentiments.text_id and texts.text_hash = text_sentiments.text_hash

)

select * from final
