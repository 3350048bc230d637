-- Grain: one row per KPI variant, period, dimension and member.
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
    select * from {{ ref(measure) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

catalog as (

    select * from {{ ref('kpi_catalog') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

described as (

    select
        measured.*,
        case when catalog.unit = 'currency' then '{{ var("reporting_currency") }}' else catalog.unit end as unit,
        periods.is_complete_period
    from measured
    left join catalog on measured.kpi_key = catalog.kpi_key
    inner join periods
        on measured.period_grain = periods.period_grain
        and measured.period_start_date = periods.period_start_date

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
        {{ tidy('numerator') }} as numerator,
        {{ tidy('case when not is_count then denominator end') }} as denominator,
        {{ tidy('value') }} as value,
        unit,

        -- trust
        sample_count,
        immature_count,
        {{ tidy("case
            when denominator = 0 then null
            when unit = 'percent' then " ~ wilson_bound('numerator', 'denominator', '-') ~ "
            when numerator_squares is not null then "
            ~ adjusted_wald_bound('numerator', 'numerator_squares', 'denominator', '-') ~ "
        end") }} as lower_bound,
        {{ tidy("case
            when denominator = 0 then null
            when unit = 'percent' then " ~ wilson_bound('numerator', 'denominator', '+') ~ "
            when numerator_squares is not null then "
            ~ adjusted_wald_bound('numerator', 'numerator_squares', 'denominator', '+') ~ "
        end") }} as upper_bound,
        case when unit <> 'count' then sample_count < {{ var('min_responses') }} end as is_small_sample,
        is_complete_period

    from described

)

select * from final
