{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: inbound phone contacts at their offer.
-- A contact of several agents counts for each of them and once for each of their teams, once overall.
{% set kpis = [
    {'kpi': 'answer_rate', 'args': ['is_call_offered', 'is_answered_by_human']},
    {'kpi': 'answer_rate_within_threshold', 'args': ['is_call_offered', 'is_answered_in_time']},
    {'kpi': 'abandon_rate', 'args': ['is_call_offered', 'is_abandoned']},
    {'kpi': 'average_wait_time', 'variant': 'mean', 'args': ['answer_wait_seconds', 'mean']},
    {'kpi': 'average_wait_time', 'variant': 'median', 'args': ['answer_wait_seconds', 'median']},
    {'kpi': 'average_wait_time', 'variant': 'p90', 'args': ['answer_wait_seconds', 'p90']},
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
        contacts.is_call_offered,
        contacts.is_answered_by_human,
        contacts.outcome = 'answered'
        and contacts.wait_seconds <= {{ var('service_level_seconds') }} as is_answered_in_time,
        contacts.outcome = 'abandoned' as is_abandoned,
        case when contacts.outcome = 'answered' then contacts.wait_seconds end as answer_wait_seconds,
        contacts.offered_date as measured_date
    from contacts
    where contacts.is_call_offered

),

parts_by_agent as (

    select
        contact_id,
        agent_id
    from contact_legs
    group by contact_id, agent_id

),

agent_rows as (

    select
        contact_rows.contact_id,
        parts_by_agent.agent_id,
        contact_rows.is_call_offered,
        contact_rows.is_answered_by_human,
        contact_rows.is_answered_in_time,
        contact_rows.is_abandoned,
        contact_rows.answer_wait_seconds,
        contact_rows.measured_date
    from contact_rows
    left join parts_by_agent on contact_rows.contact_id = parts_by_agent.contact_id

),

parts_by_team as (

    select
        contact_id,
        team
    from contact_legs
    group by contact_id, team

),

team_rows as (

    select
        contact_rows.contact_id,
        parts_by_team.team,
        contact_rows.is_call_offered,
        contact_rows.is_answered_by_human,
        contact_rows.is_answered_in_time,
        contact_rows.is_abandoned,
        contact_rows.answer_wait_seconds,
        contact_rows.measured_date
    from contact_rows
    left join parts_by_team on contact_rows.contact_id = parts_by_team.contact_id

),

day_fingerprints as (

    {{ day_fingerprints(['contact_rows', 'agent_rows', 'team_rows']) }}

),

periods as (

    {{ periods_to_measure(ref('fct_contacts')) }}

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

figures_of_contacts as (

    {{ kpi_figures('contact_rows', dimensions, kpis) }}

),

figures_of_agents as (

    {{ kpi_figures('agent_rows', {'agent': 'agent_id'}, kpis, has_overall=false) }}

),

figures_of_teams as (

    {{ kpi_figures('team_rows', {'team': 'team'}, kpis, has_overall=false) }}

),

sums as (

    select * from sums_of_contacts
    union all
    select * from sums_of_agents
    union all
    select * from sums_of_teams

),

figures as (

    select * from figures_of_contacts
    union all
    select * from figures_of_agents
    union all
    select * from figures_of_teams

),

final as (

    {{ kpi_rows(kpis, ref('fct_contacts'), sums='sums', figures='figures') }}

)

select * from final
