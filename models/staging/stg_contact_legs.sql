-- Grain: one row per agent's part of a contact.

with

contact_legs as (

    select * from {{ ref('base_contact_legs') }}
    where verdict = 'accepted'

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

final as (

    select
        -- keys
        contact_legs.leg_id,
        contact_legs.contact_id,
        contact_legs.agent_id,

        -- measures
        contact_legs.talk_seconds,
        contact_legs.hold_seconds,
        contact_legs.wrap_up_seconds,

        -- time
        contact_legs.started_at,
        {{ known_by('reporting_window.as_of', 'contact_legs.ended_at') }} as ended_at

    from contact_legs
    cross join reporting_window

)

select * from final
