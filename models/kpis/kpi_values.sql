{{ config(materialized='view') }}

-- Grain: one row per KPI variant, period, dimension and member.
-- A view: the measures hold the rows as they are shown, and millions of them are not written twice.
{% set measures = [
    'measures_first_responses',
    'measures_responses',
    'measures_tickets_created',
    'measures_tickets_first_handled',
    'measures_tickets_first_solved',
    'measures_tickets_resolved',
    'measures_reopenings',
    'measures_agent_actions',
    'measures_ticket_stocks',
    'measures_ratings',
    'measures_surveys_sent',
    'measures_nps',
    'measures_servqual',
    'measures_texts',
    'measures_mentions_posted',
    'measures_mentions_replied',
    'measures_calls_offered',
    'measures_contacts_handled',
    'measures_customers',
    'measures_customer_risks',
    'measures_support_cost',
    'measures_unit_costs',
    'measures_automation_savings',
    'measures_sessions',
    'measures_self_service_customers',
    'measures_bot_conversations',
    'measures_bot_questions',
    'measures_service_requests',
    'measures_knowledge_gaps',
] %}

with

measured as (

    {% for measure in measures -%}
    select
        kpi_key,
        kpi_variant,
        period_grain,
        period_start_date,
        dimension,
        member,
        numerator,
        denominator,
        value,
        unit,
        sample_count,
        immature_count,
        lower_bound,
        upper_bound,
        is_small_sample,
        is_complete_period
    from {{ ref(measure) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        -- keys
        kpi_key,
        kpi_variant,
        period_grain,
        period_start_date,
        dimension,
        member,

        -- figure
        numerator,
        denominator,
        value,
        unit,

        -- trust
        sample_count,
        immature_count,
        lower_bound,
        upper_bound,
        is_small_sample,
        is_complete_period

    from measured

)

select * from final
