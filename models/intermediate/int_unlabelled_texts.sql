-- Grain: one row per different text, with its language, that the source left without a label.
{{ config(materialized='view') }}

with

texts as (

    select * from {{ ref('int_customer_texts') }}

),

final as (

    select
        -- key
        text_hash,

        -- text
        min(body) as body,
        min(language_code) as language_code

    from texts
    where text_hash is not null
    group by text_hash

)

select * from final
