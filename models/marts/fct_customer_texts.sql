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
        texts.language_code,

        -- sentiment
        texts.sentiment_label,

        -- instants
        texts.written_at,
        {{ local_date('texts.written_at') }} as written_date

    from texts
    left join tickets on texts.ticket_id = tickets.ticket_id
    left join customers on texts.customer_id = customers.customer_id

)

select * from final
