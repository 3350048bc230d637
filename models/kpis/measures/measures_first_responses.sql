{{ config(materialized='incremental', incremental_strategy='replace_periods') }}

-- Grain: one row per KPI variant, period, dimension and member: in-scope tickets at their first reply, for the replier.
{% set kpis = [
    {'kpi': 'first_response_time', 'variant': 'business_mean', 'args': ['first_response_business_minutes', 'mean']},
    {'kpi': 'first_response_time', 'variant': 'business_median', 'args': ['first_response_business_minutes', 'median']},
    {'kpi': 'first_response_time', 'variant': 'business_p90', 'args': ['first_response_business_minutes', 'p90']},
    {'kpi': 'first_response_time', 'variant': 'calendar_mean', 'args': ['first_response_calendar_minutes', 'mean']},
    {'kpi': 'first_response_time', 'variant': 'calendar_median', 'args': ['first_response_calendar_minutes', 'median']},
    {'kpi': 'first_response_time', 'variant': 'calendar_p90', 'args': ['first_response_calendar_minutes', 'p90']},
    {'kpi': 'first_response_sla_pct', 'args': ['is_first_response_within_sla']},
] %}
{%- for band in response_time_band_list() %}
{%- do kpis.append({
    'kpi': 'response_time_bands', 'variant': band.key, 'args': ['first_response_business_minutes', band.upper_minutes]
}) %}
{%- endfor %}
{% set dimensions = ticket_dimensions(agent='first_replier_id', team='first_replier_team') %}

with

tickets as (

    select * from {{ ref('fct_tickets') }}

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
        first_replier_id,
        first_replier_team,
        first_response_business_minutes,
        first_response_calendar_minutes,
        is_first_response_within_sla,
        first_reply_date as measured_date
    from tickets
    where is_in_scope and first_reply_at is not null

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
