-- Grain: one row per KPI variant, period, dimension and member: bot conversations at their start.
{% set kpis = [
    {'kpi': 'chatbot_resolution_rate', 'args': ['is_mature', 'is_resolved'], 'immature': 'not is_mature'},
    {
        'kpi': 'ai_deflection_rate',
        'variant': 'routine',
        'args': ['is_routine and is_mature', 'is_resolved'],
        'immature': 'is_routine and not is_mature',
    },
] %}
{% set dimensions = {'channel': 'channel', 'topic': 'topic', 'customer_segment': 'customer_segment'} %}

with

bot_conversations as (

    select * from {{ ref('fct_bot_conversations') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

measured_rows as (

    select
        channel,
        topic,
        customer_segment,
        is_mature,
        is_resolved,
        is_routine,
        started_date as measured_date
    from bot_conversations

),

sums as (

    {{ kpi_sums('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_bot_conversations'), sums='sums') }}

)

select * from final
