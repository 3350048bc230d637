{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: delivered surveys at their sending.
{% set kpis = [{'kpi': 'survey_response_rate', 'variant': 'all', 'args': ['is_delivered', 'is_answered']}] %}
{%- for survey_type in ['csat', 'ces', 'nps'] %}
{%- do kpis.append({
    'kpi': 'survey_response_rate',
    'variant': survey_type,
    'args': ["is_delivered and survey_type = '" ~ survey_type ~ "'", 'is_answered']
}) %}
{%- endfor %}
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
        survey_type,
        is_delivered,
        is_answered,
        sent_date as measured_date
    from survey_responses
    where is_in_scope and is_delivered and sent_at is not null

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
