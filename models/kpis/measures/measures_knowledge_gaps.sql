-- Grain: one row per period: topics that the knowledge base leaves open, from the questions nobody answered.
{% set kpis = [{'kpi': 'knowledge_gap_count', 'args': ['question_count', var('gap_min_questions')]}] %}

with

knowledge_gaps as (

    select * from {{ ref('knowledge_gaps') }}

),

figures as (

    {{ kpi_figures('knowledge_gaps', {}, kpis, is_by_period=true) }}

),

final as (

    {{ kpi_rows('figures', kpis, ref('fct_bot_questions')) }}

)

select * from final
