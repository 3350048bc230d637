-- Grain: one row per agent.

with

agents as (

    select * from {{ ref('base_agents') }}
    where verdict = 'accepted'

),

final as (

    select
        -- keys
        agents.agent_id,

        -- description
        agents.team,
        cast(agents.agent_kind as {{ type_text() }}) as agent_kind,

        -- measures
        agents.tier,

        -- time
        agents.started_on,
        agents.ended_on,

        -- personal
        agents.agent_name,
        agents.email

    from agents

)

select * from final
