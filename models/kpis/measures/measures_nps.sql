-- Grain: one row per KPI variant, period, dimension and member: NPS surveys at the answer, one per customer and period.
{% set kpis = [] %}
{%- for kind in ['relationship', 'transactional'] %}
{%- set score = kind ~ '_score' %}
{%- do kpis.extend([
    {'kpi': 'nps', 'variant': kind, 'args': [score], 'squares': nps_squares(score)},
    {'kpi': 'nps_promoters_pct', 'variant': kind, 'args': [score]},
    {'kpi': 'nps_passives_pct', 'variant': kind, 'args': [score]},
    {'kpi': 'nps_detractors_pct', 'variant': kind, 'args': [score]},
]) %}
{%- endfor %}
{% set dimensions = ticket_dimensions(agent='agent_id', team='team') %}

with

survey_responses as (

    select * from {{ ref('fct_survey_responses') }}

),

nps_answers as (

    select
        *,
        case when survey_kind = 'relationship' then score end as relationship_score,
        case when survey_kind = 'transactional' then score end as transactional_score
    from survey_responses
    where is_in_scope and survey_type = 'nps' and score is not null

),

measured_rows as (

    {% for grain in kpi_grains() -%}
    {{ nps_latest_answers('nps_answers', grain) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

figures as (

    {{ kpi_figures_by_period('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_survey_responses'), figures_by_period='figures') }}

)

select * from final
