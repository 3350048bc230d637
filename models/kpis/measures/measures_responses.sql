{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: responses at the reply, for the replier.
{% set kpis = [
    {'kpi': 'average_response_time', 'variant': 'business_mean', 'args': ['response_business_minutes', 'mean']},
    {'kpi': 'average_response_time', 'variant': 'business_median', 'args': ['response_business_minutes', 'median']},
    {'kpi': 'average_response_time', 'variant': 'business_p90', 'args': ['response_business_minutes', 'p90']},
    {'kpi': 'average_response_time', 'variant': 'calendar_mean', 'args': ['response_calendar_minutes', 'mean']},
    {'kpi': 'average_response_time', 'variant': 'calendar_median', 'args': ['response_calendar_minutes', 'median']},
    {'kpi': 'average_response_time', 'variant': 'calendar_p90', 'args': ['response_calendar_minutes', 'p90']},
] %}
{% set dimensions = ticket_dimensions(agent='replier_id', team='replier_team') %}

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

responses as (

    select * from {{ ref('fct_responses') }}

),

measured_rows as (

    select
        tickets.channel,
        tickets.source,
        tickets.priority,
        tickets.ticket_type,
        tickets.topic,
        tickets.status,
        tickets.customer_segment,
        responses.replier_id,
        responses.replier_team,
        responses.response_business_minutes,
        responses.response_calendar_minutes,
        responses.replied_date as measured_date
    from responses
    inner join tickets on responses.ticket_id = tickets.ticket_id
    where tickets.is_in_scope

),

day_fingerprints as (

    {{ day_fingerprints(['measured_rows']) }}

),

periods as (

    {{ periods_to_measure(ref('fct_tickets')) }}

),

sums as (

    {{ kpi_sums('measured_rows', dimensions, kpis) }}

),

figures as (

    {{ kpi_figures('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_tickets'), sums='sums', figures='figures') }}

)

select * from final
