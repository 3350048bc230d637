-- Grain: one row per contact.

with

contacts as (

    select * from {{ ref('base_contacts') }}
    where verdict = 'accepted'

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

final as (

    select
        -- keys
        contacts.contact_id,
        contacts.customer_id,
        contacts.ticket_id,

        -- description
        contacts.channel,
        cast(contacts.direction as {{ type_text() }}) as direction,
        contacts.queue,
        cast(contacts.outcome as {{ type_text() }}) as outcome,

        -- time
        contacts.offered_at,
        {{ known_by('reporting_window.as_of', 'contacts.answered_at') }} as answered_at,
        {{ known_by('reporting_window.as_of', 'contacts.ended_at') }} as ended_at

    from contacts
    cross join reporting_window

)

select * from final
