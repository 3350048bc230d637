-- Grain: one row per social mention that an incremental run works out again; none in a build of everything.

with

mentions as (

    select * from {{ ref('base_social_mentions') }}

),

final as (

    select distinct mention_id
    from mentions
    where mention_id is not null and {{ is_row_touched(['first_replied_at']) }}

)

select * from final
