-- Grain: one row per agent, human or bot, those who left included.

with

agents as (

    select * from {{ ref('stg_agents') }}

),

final as (

    select
        -- keys
        agent_id,

        -- attributes
        {{ masked('agent_name') }} as agent_name,
        agent_kind,
        team,
        -- Null stays null: KPIs read an empty tier as the first line, and this is where one sees that it was empty.
        tier,

        -- days
        started_on,
        ended_on

    from agents

)

select * from final
