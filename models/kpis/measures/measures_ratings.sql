{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: ratings of CSAT and CES surveys at the answer.
{% set kpis = [
    {'kpi': 'csat_avg', 'args': ['csat_rating', 'scale_min', 'scale_max']},
    {'kpi': 'csat_satisfied_pct', 'args': ['csat_rating', 'scale_min', 'scale_max', var('csat_denominator')]},
    {'kpi': 'csat_neutral_pct', 'args': ['csat_rating', 'scale_min', 'scale_max']},
    {'kpi': 'csat_negative_pct', 'args': ['csat_rating', 'scale_min', 'scale_max']},
    {'kpi': 'ces_avg', 'args': ['ces_rating', 'scale_min', 'scale_max', 'question_version']},
    {'kpi': 'ces_agree_pct', 'args': ['ces_rating', 'scale_min', 'scale_max', 'question_version']},
    {'kpi': 'ces_disagree_pct', 'args': ['ces_rating', 'scale_min', 'scale_max', 'question_version']},
] %}
{% set dimensions = ticket_dimensions(agent='agent_id', team='team') %}

with

survey_responses as (

    select * from {{ ref('fct_survey_responses') }}

),

measured_rows as (

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
        scale_min,
        scale_max,
        question_version,
        case when survey_type = 'csat' and is_latest_rating_of_ticket then score end as csat_rating,
        case when survey_type = 'ces' then score end as ces_rating,
        answered_date as measured_date
    from survey_responses
    where is_in_scope and score is not null and survey_type in ('csat', 'ces')

),

day_fingerprints as (

    {{ day_fingerprints(['measured_rows']) }}

),

periods as (

    {{ periods_to_measure(ref('fct_survey_responses')) }}

),

sums as (

    {{ kpi_sums('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_survey_responses'), sums='sums') }}

)

select * from final
