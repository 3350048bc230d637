-- Grain: one row per period: topics that the knowledge base leaves open, from the questions nobody answered.
{% set kpis = [{'kpi': 'knowledge_gap_count', 'args': ['question_count', var('gap_min_questions')]}] %}

with

knowledge_gaps as (

    select * from {{ ref('knowledge_gaps') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

figures as (

    {{ kpi_figures_by_period('knowledge_gaps', {}, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_bot_questions'), figures_by_period='figures') }}

)

select * from final
