-- What does automation save?
-- Combien l'automatisation fait-elle économiser ?
--
-- By quarter: what the bot's resolutions would have cost from people, less what the bot costs; how many it resolved,
-- and which share of its conversations. Negative is a loss. In the running quarter the youngest wait.

with

cost_periods as (

    select * from {{ ref('fct_cost_periods') }}
    where period_grain = 'quarter'

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

bot_conversations as (

    select * from {{ ref('fct_bot_conversations') }}

),

parts as (

    select
        period_start_date as quarter_start_date,
        human_cost_amount,
        usage_cost_amount,
        fixed_cost_amount,
        0 as automated_resolutions,
        0 as human_resolutions,
        cast(null as boolean) as is_conversation_counted,
        cast(null as boolean) as is_bot_resolved
    from cost_periods

    union all

    select
        {{ period_start('quarter', 'last_solved_date') }} as quarter_start_date,
        null as human_cost_amount,
        null as usage_cost_amount,
        null as fixed_cost_amount,
        0 as automated_resolutions,
        1 as human_resolutions,
        cast(null as boolean) as is_conversation_counted,
        cast(null as boolean) as is_bot_resolved
    from tickets
    where is_in_scope and is_solved and is_handled_by_human

    union all

    select
        {{ period_start('quarter', 'started_date') }} as quarter_start_date,
        null as human_cost_amount,
        null as usage_cost_amount,
        null as fixed_cost_amount,
        case when is_mature and is_resolved then 1 else 0 end as automated_resolutions,
        0 as human_resolutions,
        is_mature as is_conversation_counted,
        is_resolved as is_bot_resolved
    from bot_conversations

),

final as (

    select
        quarter_start_date,
        '{{ var("reporting_currency") }}' as currency_code,
        {{ automation_cost_savings(
            'automated_resolutions', 'human_cost_amount', 'human_resolutions', 'usage_cost_amount', 'fixed_cost_amount'
        ) }} as automation_cost_savings,
        {{ chatbot_resolution_rate(
            'is_conversation_counted', 'is_bot_resolved', part='numerator'
        ) }} as automated_resolutions,
        {{ chatbot_resolution_rate('is_conversation_counted', 'is_bot_resolved') }} as chatbot_resolution_rate
    from parts
    group by quarter_start_date

)

select * from final
order by quarter_start_date
