{#- The NPS answers that count in each period of a grain: the latest of each customer, every one of a nobody.
    `answers`: relation with survey_kind, customer_id, response_id, answered_at, answered_date and a score.
    Chosen before any split by member, so that a customer who changed channel still speaks once. -#}
{% macro nps_latest_answers(answers, grain) -%}
    select *
    from (
        select
            dated.*,
            row_number() over (
                partition by
                    dated.period_start_date,
                    dated.survey_kind,
                    coalesce('customer ' || dated.customer_id, 'response ' || dated.response_id)
                order by dated.answered_at desc, dated.response_id desc
            ) as answer_number
        from (
            select
                answers_given.*,
                '{{ grain }}' as period_grain,
                {{ period_start(grain, 'answers_given.answered_date') }} as period_start_date
            from {{ answers }} as answers_given
        ) as dated
    ) as numbered
    where answer_number = 1
{%- endmacro %}
