{#- From dated rows to the rows of kpi_values: one per KPI variant, period, dimension and member.

    A model of models/kpis/measures lists its KPIs once and calls these macros:

        {% set kpis = [{'kpi': 'fcr_rate', 'args': ['is_fcr_counted', 'is_resolved_at_first_contact']}, …] %}

    kpi, variant   key and variant (`standard` unless said)
    args           columns or conditions over the rows, as in an analyst's own call of the KPI's macro
    immature       condition of the rows left out because their window has not ended yet
    per            column of dim_periods that divides the sum (business days), where the denominator is no sum of rows
    squares        sum of squares of the numerator's terms: the interval of a net score needs it
    sample         size of the sample, where it is not the denominator
    is_null_when_missing   a total that is unknown, not 0, where there are no rows (costs)

    `kpi_sums` and `kpi_figures` give one row per period, dimension and member, with all that the KPIs share in columns
    (`part_0`, `part_1` …: an expression that several KPIs need is measured once). `kpi_rows` makes each KPI's rows of them.
    The model's CTE `periods` has the periods that are measured: all of dim_periods or, in an incremental model, those of
    `periods_to_measure`. -#}

{#- Additive KPIs: reduced once to days, coarser periods are sums of those.
    rows: CTE with a `measured_date`; dimensions: {name: column}, an empty member is `unknown`; is_running_total: of all days since
    the first period to measure, for stocks that add them up. -#}
{% macro kpi_sums(rows, dimensions, kpis, has_overall=true, is_running_total=false) -%}
    {%- set layout = kpi_layout(kpis_where_additive(kpis, 'true')) -%}
    with

    daily as (

        select
            measured_date,
            {{ grouped_member(dimensions) }},
            {{ kpi_parts(layout) }}
        from (
            {{ rows_with_members(rows, dimensions) }}
            where {{ is_since_first_period('given.measured_date') if is_running_total else is_in_periods('given.measured_date') }}
        ) as member_rows
        group by {{ grouped_sets('measured_date', dimensions, has_overall) }}

    )

    {{ sums_of_grains('daily', layout) }}
{%- endmacro %}

{#- KPIs that cannot be re-added (medians, percentiles, distinct counts): measured from the rows at every grain, one
    dimension at a time, since all at once would keep every value in memory as often as there are dimensions.
    earlier_date: column with the date on which the same thing was there before, of things that count once a period;
    once_per: column with the thing (a customer, a visitor) of which the KPIs count distinct ones; greatest: the other columns that
    their arguments name, of which a thing's greatest value decides. -#}
{% macro kpi_figures(rows, dimensions, kpis, has_overall=true, earlier_date=none, once_per=none, greatest=[]) -%}
    {%- set layout = kpi_layout(kpis_where_additive(kpis, 'false')) -%}
    {%- if once_per -%} {%- set layout = layout_of_things(layout, kpis, once_per, greatest) -%} {%- endif -%}
    with

    member_rows as (

        {{ rows_with_members(rows, dimensions, kpi_grains(), layout.measured) }}
        where {{ is_in_periods('given.measured_date') }}

    )

    {{ figures_of_grains('member_rows', dimensions, layout, has_overall, earlier_date) }}
{%- endmacro %}

{#- All KPIs of rows that differ from period to period and carry `period_grain` and `period_start_date` themselves. -#}
{% macro kpi_figures_by_period(rows, dimensions, kpis, has_overall=true) -%}
    {%- set layout = kpi_layout(kpis) -%}
    with

    member_rows as (

        {{ rows_with_members(rows, dimensions) }}

    )

    {{ figures_of_members('member_rows', dimensions, layout, has_overall, 'period_grain', 'period_start_date') }}
{%- endmacro %}

{#- Stocks at the end of each period: the sum of all changes so far, from the changes per period that `kpi_sums` gives.
    A member has a row for every period, since a stock stands also where nothing changes. An incremental run goes on from the stocks
    before the first period that it measures; all that follow are measured too (`is_running_total` of `periods_to_measure`). -#}
{% macro kpi_stocks(changes, kpis) -%}
    {%- set layout = kpi_layout(kpis) -%}
    with

    {% if is_incremental() -%}
    first_periods as (

        select
            period_grain,
            min(period_start_date) as period_start_date
        from periods
        group by period_grain

    ),

    stock_periods as (

        select dim_periods.*
        from {{ ref('dim_periods') }} as dim_periods
        inner join first_periods
            on dim_periods.period_grain = first_periods.period_grain
            and dim_periods.period_start_date >= first_periods.period_start_date
        where dim_periods.is_in_data_range

    ),

    earlier_periods as (

        select
            dim_periods.period_grain,
            max(dim_periods.period_start_date) as period_start_date
        from {{ ref('dim_periods') }} as dim_periods
        inner join first_periods
            on dim_periods.period_grain = first_periods.period_grain
            and dim_periods.period_start_date < first_periods.period_start_date
        group by dim_periods.period_grain

    ),

    opening_stocks as (

        select
            earlier.period_grain,
            earlier.dimension,
            earlier.member
            {%- for place in layout.places %},
            cast(
                max(case when earlier.kpi_key = '{{ kpis[loop.index0].kpi }}' then earlier.numerator end) as bigint
            ) as {{ place.numerator }}
            {%- endfor %}
        from {{ this }} as earlier
        inner join earlier_periods
            on earlier.period_grain = earlier_periods.period_grain
            and earlier.period_start_date = earlier_periods.period_start_date
        group by earlier.period_grain, earlier.dimension, earlier.member

    ),

    {% else -%}
    stock_periods as (

        select * from {{ ref('dim_periods') }}
        where is_in_data_range

    ),

    {% endif -%}
    members as (

        select distinct
            dimension,
            member
        from {{ changes }}
        {%- if is_incremental() %}

        union

        select
            dimension,
            member
        from opening_stocks
        {%- endif %}

    )

    select
        stock_periods.period_grain,
        stock_periods.period_start_date,
        members.dimension,
        members.member
        {%- for expression in layout.expressions %},
        sum(coalesce(changes.part_{{ loop.index0 }}, 0)) over (
            partition by stock_periods.period_grain, members.dimension, members.member
            order by stock_periods.period_start_date
        ){{ ' + coalesce(opening_stocks.part_' ~ loop.index0 ~ ', 0)' if is_incremental() }} as part_{{ loop.index0 }}
        {%- endfor %}
    from members
    cross join stock_periods
    left join {{ changes }} as changes
        on members.dimension = changes.dimension
        and members.member = changes.member
        and stock_periods.period_grain = changes.period_grain
        and stock_periods.period_start_date = changes.period_start_date
    {% if is_incremental() -%}
    left join opening_stocks
        on members.dimension = opening_stocks.dimension
        and members.member = opening_stocks.member
        and stock_periods.period_grain = opening_stocks.period_grain
    {%- endif %}
{%- endmacro %}

{#- The rows of kpi_values: `overall` with a row for every period of the data (counts 0, others null), members where
    something was measured, nothing at all of a `source` without rows.
    sums, figures, figures_by_period: CTEs of the macros of that name, any of them; periods_where: the periods that the KPIs
    have, where not all; variants: CTE of the variants, where they come from data and the rows carry a `kpi_variant`. -#}
{% macro kpi_rows(
    kpis, source, sums=none, figures=none, figures_by_period=none, periods_where='true', variants=none
) -%}
    {%- set measured = [] -%}
    {%- if sums -%} {%- do measured.append((sums, kpis_where_additive(kpis, 'true'))) -%} {%- endif -%}
    {%- if figures -%} {%- do measured.append((figures, kpis_where_additive(kpis, 'false'))) -%} {%- endif -%}
    {%- if figures_by_period -%} {%- do measured.append((figures_by_period, kpis)) -%} {%- endif -%}
    with

    catalog as (

        select * from {{ ref('kpi_catalog') }}

    ),

    {% for rows, listed in measured -%}
    padded_{{ rows }} as (

        {{ padded_with_periods(rows, kpi_layout(listed), source, periods_where, variants) }}

    ),

    {% endfor -%}
    measured as (

        {% for rows, listed in measured -%}
        {{ rows_of_kpis('padded_' ~ rows, listed, variants is not none) }}
        {{ 'union all' if not loop.last }}
        {% endfor -%}
        {{ measured_periods_without_kpi() if is_incremental() }}
    )

    select
        kpi_key,
        kpi_variant,
        period_grain,
        period_start_date,
        dimension,
        member,
        {{ tidy('numerator') }} as numerator,
        denominator,
        {{ tidy('value') }} as value,
        case when unit = 'currency' then '{{ var("reporting_currency") }}' else unit end as unit,
        sample_count,
        immature_count,
        {{ tidy(bound_of_value('-')) }} as lower_bound,
        {{ tidy(bound_of_value('+')) }} as upper_bound,
        case when unit <> 'count' then sample_count < {{ var('min_responses') }} end as is_small_sample,
        is_complete_period
        {{- ',\n        fingerprint' if config.get('materialized') == 'incremental' }}
    from measured
{%- endmacro %}

{#- The dimensions of a ticket, with the agent and the team whose figure it is. -#}
{% macro ticket_dimensions(agent, team) -%}
    {{ return({
        'channel': 'channel',
        'source': 'source',
        'team': team,
        'agent': agent,
        'priority': 'priority',
        'ticket_type': 'ticket_type',
        'topic': 'topic',
        'status': 'status',
        'customer_segment': 'customer_segment'
    }) }}
{%- endmacro %}

{#- The condition of `kpi_rows` for KPIs that only some grains of the data's periods have. -#}
{% macro periods_of(grains, is_complete=false) -%}
    periods.is_in_data_range
    and periods.period_grain in ('{{ grains | join("', '") }}')
    {{- ' and periods.is_complete_period' if is_complete }}
{%- endmacro %}

{% macro kpi_grains() -%}
    {{ return(['day', 'week', 'month', 'quarter', 'year']) }}
{%- endmacro %}
