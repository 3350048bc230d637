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

gap_of_a_dimension as (

    {{ kpis_as_rows(variant_kpis) }}

),

servqual_dimensions as (

    select
        servqual_dimension,
        row_number() over (order by servqual_dimension) as dimension_number
    from servqual_answers
    group by servqual_dimension

),

listed as (

    {{ kpis_as_rows(kpis) }}

    union all

    select
        servqual_dimensions.dimension_number + {{ kpis | length }} as list_position,
        gap_of_a_dimension.kpi_key,
        servqual_dimensions.servqual_dimension as kpi_variant,
        gap_of_a_dimension.scale,
        gap_of_a_dimension.per,
        gap_of_a_dimension.is_count,
        gap_of_a_dimension.has_denominator,
        gap_of_a_dimension.has_numerator,
        gap_of_a_dimension.is_null_when_missing
    from gap_of_a_dimension
    cross join servqual_dimensions

),

periodic as (

    select
        period_grain,
        period_start_date,
        dimension,
        member,
        'standard' as kpi_variant,
        {{ kpi_columns(kpis, ['numerator', 'denominator', 'value', 'sample']) }}
    from dimension_means
    group by period_grain, period_start_date, dimension, member

),

periodic_variants as (

    select
        period_grain,
        period_start_date,
        dimension,
        member,
        servqual_dimension as kpi_variant,
        {{ kpi_columns(variant_kpis, ['numerator', 'denominator', 'value', 'sample']) }}
    from dimension_means
    group by period_grain, period_start_date, dimension, member, servqual_dimension

),

figures as (

    {% for kpi in kpis -%}
    select
        '{{ kpi.kpi }}' as kpi_key,
        kpi_variant,
        period_grain,
        period_start_date,
        dimension,
        member,
        numerator_{{ loop.index0 }} as numerator,
        denominator_{{ loop.index0 }} as denominator,
        value_{{ loop.index0 }} as value,
        0 as immature_count,
        sample_{{ loop.index0 }} as sample_count,
        cast(null as decimal(38, 12)) as numerator_squares
    from periodic

    union all

    {% endfor -%}
    select
        'servqual_gap' as kpi_key,
        kpi_variant,
        period_grain,
        period_start_date,
        dimension,
        member,
        numerator_0 as numerator,
        denominator_0 as denominator,
        value_0 as value,
        0 as immature_count,
        sample_0 as sample_count,
        cast(null as decimal(38, 12)) as numerator_squares
    from periodic_variants

),

final as (

    {{ kpi_rows('figures', kpis, ref('fct_servqual_answers'), listed='listed') }}

)

select * from final
