{{ config(severity='warn') }}
-- Accepted, but they reach no contact: perhaps the contacts come from another export.

with

contact_legs as (

    select * from {{ ref('stg_contact_legs') }}

),

contacts as (

    select * from {{ ref('stg_contacts') }}

)

select
    contact_legs.leg_id,
    contact_legs.contact_id

from contact_legs
left join contacts on contact_legs.contact_id = contacts.contact_id
where
    contact_legs.contact_id is not null
    and contacts.contact_id is null
