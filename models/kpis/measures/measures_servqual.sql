-- Grain: one row per KPI variant, period, dimension and member: perceived quality and its gap to what was expected.
-- Each SERVQUAL dimension weighs as one, however many items it has: their means come first. The gap of each dimension
-- is a variant of its own, so that the variants come from the data.
{% set kpis = [
    {'kpi': 'qos_score', 'args': ['mean_perception'], 'sample': 'sum(answer_count)'},
    {'kpi': 'servqual_gap', 'args': ['mean_gap', 'weight'], 'sample': 'sum(answer_count)'},
] %}
{% set variant_kpis = [
    {'kpi': 'servqual_gap', 'args': ['mean_gap', 'answer_count'], 'sample': 'sum(answer_count)'},
] %}
{% set dimensions = {'channel': 'channel', 'customer_segment': 'customer_segment'} %}
{% set weights = var('servqual_weights') or {} %}

with

servqual_answers as (

    select * from {{ ref('fct_servqual_answers') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

complete_answers as (

    select
        *,
        answered_date as measured_date
    from servqual_answers
    where is_complete

),

member_rows as (

    {{ rows_with_members('complete_answers', dimensions) }}

),

daily_sums as (

    select
        measured_date,
        servqual_dimension,
        {{ grouped_member(dimensions) }},
        count(*) as answer_count,
        {{ exact_sum('perception') }} as perception,
        {{ exact_sum('perception - expectation') }} as gap
    from member_rows
    group by {{ grouped_sets('measured_date, servqual_dimension', dimensions, true) }}

),

dimension_means as (

    {% for grain in kpi_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'measured_date') }} as period_start_date,
        dimension,
        member,
        servqual_dimension,
        {% if weights -%}
        case servqual_dimension
            {% for name, weight in weights.items() -%}
            when '{{ name }}' then {{ weight }}
            {% endfor -%}
            else 0
        end as weight,
        {% else -%}
        1 as weight,
        {% endif -%}
        sum(answer_count) as answer_count,
        cast(sum(perception) as {{ type_double() }}) / nullif(sum(answer_count), 0) as mean_perception,
        cast(sum(gap) as {{ type_double() }}) / nullif(sum(answer_count), 0) as mean_gap
    from daily_sums
    group by {{ period_start(grain, 'measured_date') }}, dimension, member, servqual_dimension
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

servqual_dimensions as (

    select distinct servqual_dimension as kpi_variant
    from servqual_answers

),

scores as (

    select
        period_grain,
        period_start_date,
        dimension,
        member,
        {{ kpi_parts(kpi_layout(kpis)) }}
    from dimension_means
    group by period_grain, period_start_date, dimension, member

),

gaps_by_dimension as (

    select
        period_grain,
        period_start_date,
        dimension,
        member,
        servqual_dimension as kpi_variant,
        {{ kpi_parts(kpi_layout(variant_kpis)) }}
    from dimension_means
    group by period_grain, period_start_date, dimension, member, servqual_dimension

),

score_rows as (

    {{ kpi_rows(kpis, ref('fct_servqual_answers'), figures='scores') }}

),

gap_rows as (

    {{ kpi_rows(
        variant_kpis,
        ref('fct_servqual_answers'),
        figures='gaps_by_dimension',
        variants='servqual_dimensions'
    ) }}

),

measured as (

    select * from score_rows
    union all
    select * from gap_rows

),

final as (

    select
        kpi_key,
        kpi_variant,
        period_grain,
        period_start_date,
        dimension,
        member,
        numerator,
        denominator,
        value,
        unit,
        sample_count,
        immature_count,
        lower_bound,
        upper_bound,
        is_small_sample,
        is_complete_period
    from measured

)

select * from final
