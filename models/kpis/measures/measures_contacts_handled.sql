{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: contacts handled by a person at their end.
-- A contact of several agents counts for each of them and once for each of their teams, once overall.
{% set kpis = [
    {'kpi': 'average_handle_time', 'args': ['handle_seconds']},
] %}
{% set dimensions = {'channel': 'channel', 'queue': 'queue', 'customer_segment': 'customer_segment'} %}

with

contacts as (

    select * from {{ ref('fct_contacts') }}

),

contact_legs as (

    select * from {{ ref('fct_contact_legs') }}

),

contact_rows as (

    select
        contacts.contact_id,
        contacts.channel,
        contacts.queue,
        contacts.customer_segment,
        contacts.handle_seconds,
        contacts.ended_date as measured_date
    from contacts
    where contacts.is_answered_by_human and contacts.has_leg

),

parts_by_agent as (

    select
        contact_id,
        agent_id,
        sum(handle_seconds) as handle_seconds
    from contact_legs
    group by contact_id, agent_id

),

agent_rows as (

    select
        contact_rows.contact_id,
        parts_by_agent.agent_id,
        parts_by_agent.handle_seconds,
        contact_rows.measured_date
    from contact_rows
    left join parts_by_agent on contact_rows.contact_id = parts_by_agent.contact_id

),

parts_by_team as (

    select
        contact_id,
        team,
        sum(handle_seconds) as handle_seconds
    from contact_legs
    group by contact_id, team

),

team_rows as (

    select
        contact_rows.contact_id,
        parts_by_team.team,
        parts_by_team.handle_seconds,
        contact_rows.measured_date
    from contact_rows
    left join parts_by_team on contact_rows.contact_id = parts_by_team.contact_id

),

day_fingerprints as (

    {{ day_fingerprints(['contact_rows', 'agent_rows', 'team_rows']) }}

),

periods as (

    {{ periods_to_measure(ref('fct_contact_legs')) }}

),

sums_of_contacts as (

    {{ kpi_sums('contact_rows', dimensions, kpis) }}

),

sums_of_agents as (

    {{ kpi_sums('agent_rows', {'agent': 'agent_id'}, kpis, has_overall=false) }}

),

sums_of_teams as (

    {{ kpi_sums('team_rows', {'team': 'team'}, kpis, has_overall=false) }}

),

sums as (

    select * from sums_of_contacts
    union all
    select * from sums_of_agents
    union all
    select * from sums_of_teams

),

final as (

    {{ kpi_rows(kpis, ref('fct_contact_legs'), sums='sums') }}

)

select * from final
