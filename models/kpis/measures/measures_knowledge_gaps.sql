-- Grain: one row per period: topics that the knowledge base leaves open, from the questions nobody answered.
{% set kpis = [{'kpi': 'knowledge_gap_count', 'args': ['unanswered_questions', var('gap_min_questions')]}] %}

with

bot_questions as (

    select * from {{ ref('fct_bot_questions') }}

),

measured_rows as (

    {% for grain in kpi_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'asked_date') }} as period_start_date,
        topic,
        count(*) as unanswered_questions
    from bot_questions
    where not is_answered and topic is not null
    group by {{ period_start(grain, 'asked_date') }}, topic
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

figures as (

    {{ kpi_figures('measured_rows', {}, kpis, is_by_period=true) }}

),

final as (

    {{ kpi_rows('figures', kpis, ref('fct_bot_questions')) }}

)

select * from final
