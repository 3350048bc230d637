-- Grain: one row per text that arrived or whose sentiment may be another one: an incremental run works out its fact
-- again. None in a build of everything.

with

arrived_texts as (

    select * from {{ ref('int_arrived_texts') }}

),

texts as (

    select * from {{ ref('int_customer_texts') }}

),

classified_anew as (

    {{ texts_classified_anew() }}

),

final as (

    select text_id
    from arrived_texts

    union

    select texts.text_id
    from texts
    inner join classified_anew on texts.text_hash = classified_anew.text_hash

)

select * from final
