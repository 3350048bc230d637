-- Grain: one row per leg: one agent's part of a contact.
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='contact_id',
    on_schema_change='fail', meta={'touched': 'int_touched_contacts', 'partition_field': 'started_at'}
) }}

with

legs as (

    select * from {{ ref('stg_contact_legs') }}
    {{ only_touched('contact_id', 'int_touched_contacts') }}

),

agents as (

    select * from {{ ref('stg_agents') }}

),

final as (

    select
        -- keys
        legs.leg_id,
        legs.contact_id,
        legs.agent_id,
        agents.team,

        -- handling
        legs.talk_seconds,
        legs.hold_seconds,
        legs.wrap_up_seconds,
        {{ handle_seconds('legs.talk_seconds', 'legs.hold_seconds', 'legs.wrap_up_seconds') }} as handle_seconds,

        -- instants
        legs.started_at,
        legs.ended_at

    from legs
    left join agents on legs.agent_id = agents.agent_id

)

select * from final
