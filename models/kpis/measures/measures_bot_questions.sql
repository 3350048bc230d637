-- Grain: one row per KPI variant, period, dimension and member: questions at the asking.
{% set kpis = [
    {'kpi': 'ai_answer_accuracy', 'args': ['grade is not null', "grade = 'correct'"]},
    {'kpi': 'unanswered_question_rate', 'args': ['question_id', 'is_answered']},
] %}
{% set dimensions = {'topic': 'topic', 'customer_segment': 'customer_segment'} %}

with

bot_questions as (

    select * from {{ ref('fct_bot_questions') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

measured_rows as (

    select
        topic,
        customer_segment,
        question_id,
        grade,
        is_answered,
        asked_date as measured_date
    from bot_questions

),

sums as (

    {{ kpi_sums('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_bot_questions'), sums='sums') }}

)

select * from final
