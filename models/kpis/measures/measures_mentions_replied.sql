-- Grain: one row per KPI variant, period, dimension and member: social mentions that needed a reply, at the reply.
{% set kpis = [
    {'kpi': 'social_response_time', 'variant': 'calendar_mean', 'args': ['response_calendar_minutes', 'mean']},
    {'kpi': 'social_response_time', 'variant': 'calendar_median', 'args': ['response_calendar_minutes', 'median']},
    {'kpi': 'social_response_time', 'variant': 'calendar_p90', 'args': ['response_calendar_minutes', 'p90']},
] %}
{% set dimensions = {'network': 'network', 'customer_segment': 'customer_segment'} %}

with

social_mentions as (

    select * from {{ ref('fct_social_mentions') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

measured_rows as (

    select
        network,
        customer_segment,
        response_calendar_minutes,
        first_replied_date as measured_date
    from social_mentions
    where needs_reply and first_replied_at is not null

),

sums as (

    {{ kpi_sums('measured_rows', dimensions, kpis) }}

),

figures as (

    {{ kpi_figures('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_social_mentions'), sums='sums', figures='figures') }}

)

select * from final
