{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: NPS surveys at the answer, one per customer and period.
{% set kpis = [] %}
{%- for kind in ['relationship', 'transactional'] %}
{%- set score = kind ~ '_score' %}
{%- do kpis.extend([
    {'kpi': 'nps', 'variant': kind, 'args': [score], 'squares': nps_squares(score)},
    {'kpi': 'nps_promoters_pct', 'variant': kind, 'args': [score]},
    {'kpi': 'nps_passives_pct', 'variant': kind, 'args': [score]},
    {'kpi': 'nps_detractors_pct', 'variant': kind, 'args': [score]},
]) %}
{%- endfor %}
{% set dimensions = ticket_dimensions(agent='agent_id', team='team') %}

with

survey_responses as (

    select * from {{ ref('fct_survey_responses') }}

),

nps_answers as (

    select
        channel,
        source,
        priority,
        ticket_type,
        topic,
        status,
        customer_segment,
        agent_id,
        team,
        response_id,
        customer_id,
        survey_kind,
        score,
        answered_at,
        answered_date,
        case when survey_kind = 'relationship' then score end as relationship_score,
        case when survey_kind = 'transactional' then score end as transactional_score,
        answered_date as measured_date
    from survey_responses
    where is_in_scope and survey_type = 'nps' and score is not null

),

day_fingerprints as (

    {{ day_fingerprints(['nps_answers']) }}

),

periods as (

    {{ periods_to_measure(ref('fct_survey_responses')) }}

),

answers_of_periods as (

    select * from nps_answers
    where {{ is_in_periods('measured_date') }}

),

measured_rows as (

    {% for grain in kpi_grains() -%}
    {{ nps_latest_answers('answers_of_periods', grain) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

figures as (

    {{ kpi_figures_by_period('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_survey_responses'), figures_by_period='figures') }}

)

select * from final
