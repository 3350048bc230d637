-- Grain: one row per period and topic on which at least so many questions (`gap_min_questions`) went unanswered.

with

bot_questions as (

    select * from {{ ref('fct_bot_questions') }}

),

unanswered_by_topic as (

    {% for grain in kpi_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'asked_date') }} as period_start_date,
        topic,
        count(*) as question_count,
        count(distinct customer_id) as customer_count,
        max(asked_at) as last_asked_at
    from bot_questions
    where not is_answered and topic is not null
    group by {{ period_start(grain, 'asked_date') }}, topic
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        -- keys
        period_grain,
        period_start_date,
        topic,

        -- gap
        question_count,
        customer_count,
        last_asked_at

    from unanswered_by_topic
    where question_count >= {{ var('gap_min_questions') }}

)

select * from final
