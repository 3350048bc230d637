-- Which customers would recommend us?
-- Quels clients nous recommanderaient ?
--
-- NPS of relationship surveys by customer segment in the last complete quarters, with how many answered: compare
-- nothing under 30 answers. The latest answer of a customer in a quarter speaks.
{# Over every answer ever given it is one line:
    select {{ nps('score') }} from {{ ref('fct_survey_responses') }} where survey_type = 'nps' #}

with

survey_responses as (

    select * from {{ ref('fct_survey_responses') }}

),

periods as (

    select * from {{ ref('dim_periods') }}
    where period_grain = 'quarter' and is_complete_period

),

nps_answers as (

    select * from survey_responses
    where is_in_scope and survey_type = 'nps' and score is not null

),

latest_answers as (

    {{ nps_latest_answers('nps_answers', 'quarter') }}

),

final as (

    select
        latest_answers.period_start_date as quarter_start_date,
        coalesce(latest_answers.customer_segment, 'unknown') as customer_segment,
        count(latest_answers.score) as answer_count,
        {{ nps('latest_answers.score') }} as nps,
        {{ nps_promoters_pct('latest_answers.score') }} as nps_promoters_pct,
        {{ nps_passives_pct('latest_answers.score') }} as nps_passives_pct,
        {{ nps_detractors_pct('latest_answers.score') }} as nps_detractors_pct
    from latest_answers
    inner join periods
        on latest_answers.period_grain = periods.period_grain
        and latest_answers.period_start_date = periods.period_start_date
    where latest_answers.survey_kind = 'relationship'
    group by latest_answers.period_start_date, coalesce(latest_answers.customer_segment, 'unknown')

)

select * from final
order by customer_segment, quarter_start_date
