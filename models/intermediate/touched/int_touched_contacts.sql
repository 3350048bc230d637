-- Grain: one row per contact that an incremental run works out again; none in a build of everything.

with

contacts as (

    select * from {{ ref('base_contacts') }}

),

contact_legs as (

    select * from {{ ref('base_contact_legs') }}

),

final as (

    select contact_id
    from contacts
    where contact_id is not null and {{ is_row_touched(['answered_at', 'ended_at']) }}

    union

    select contact_id
    from contact_legs
    where contact_id is not null and {{ is_row_arrived(['ended_at']) }}

)

select * from final
