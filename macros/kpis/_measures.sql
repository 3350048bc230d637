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


{#- Parts of the above. -#}

{#- The condition of `kpi_rows` for KPIs that only some grains of the data's periods have. -#}
{% macro periods_of(grains, is_complete=false) -%}
    periods.is_in_data_range
    and periods.period_grain in ('{{ grains | join("', '") }}')
    {{- ' and periods.is_complete_period' if is_complete }}
{%- endmacro %}

{% macro kpi_grains() -%}
    {{ return(['day', 'week', 'month', 'quarter', 'year']) }}
{%- endmacro %}

{#- The KPIs of a list whose macro says that they are, or are not, sums. -#}
{% macro kpis_where_additive(kpis, is_additive) -%}
    {%- set chosen = [] -%}
    {%- for kpi in kpis if context[kpi.kpi](*kpi.args, part='is_additive') | trim == is_additive -%}
        {%- do chosen.append(kpi) -%}
    {%- endfor -%}
    {{ return(chosen) }}
{%- endmacro %}

{#- What has to be measured for the KPIs of a list: the expressions over their rows, each once, and of each KPI in which
    column its numerator, denominator … are found (`places`, in the order of the list). `measured` are the expressions of
    which percentiles are taken: `rows_with_members` gives them as whole numbers, in the columns `measured_0` …; `percentiles` says of
    which of them an expression takes which shares. -#}
{% macro kpi_layout(kpis) -%}
    {%- set expressions = [] -%}
    {%- set measured = [] -%}
    {%- set percentiles_of = {} -%}
    {%- set places = [] -%}
    {%- for kpi in kpis -%}
        {%- set wanted = {
            'numerator': context[kpi.kpi](*kpi.args, part='numerator') | trim,
            'denominator': context[kpi.kpi](*kpi.args, part='denominator') | trim,
            'immature': count_if(kpi.immature) | trim if kpi.immature is defined else 'null',
            'sample': kpi.sample | default('null'),
            'squares': kpi.squares | default('null'),
        } -%}
        {%- set shares = shares_measured(kpi, kpis) -%}
        {%- if shares -%}
            {%- set expression = context[kpi.kpi](*kpi.args, part='measured') | trim -%}
            {%- if expression not in measured -%} {%- do measured.append(expression) -%} {%- endif -%}
            {%- set column = 'measured_' ~ measured.index(expression) -%}
            {%- do wanted.update({'value': percentiles(column, shares) | trim}) -%}
            {%- do percentiles_of.update({wanted.value: {'column': column, 'shares': shares}}) -%}
        {%- endif -%}
        {%- set place = {} -%}
        {%- for column, expression in wanted.items() if expression != 'null' -%}
            {%- if expression not in expressions -%} {%- do expressions.append(expression) -%} {%- endif -%}
            {%- do place.update({column: 'part_' ~ expressions.index(expression)}) -%}
        {%- endfor -%}
        {%- if shares -%}
            {%- set share = context[kpi.kpi](*kpi.args, part='share') | trim -%}
            {%- set percentile = percentile_at(place.value, shares.index(share) + 1) | trim -%}
            {%- do place.update({'value': of_whole_microseconds(percentile) | trim}) -%}
        {%- endif -%}
        {%- do places.append(place) -%}
    {%- endfor -%}
    {{ return({'expressions': expressions, 'measured': measured, 'percentiles': percentiles_of, 'places': places}) }}
{%- endmacro %}

{#- The layout of KPIs that count distinct things, over rows of one thing each: such rows say how many the thing had (`row_count`) and
    how many of them were immature (`immature`), and have the greatest of its values in the columns `greatest`. What was distinct is then
    counted as it is. An engine keeps each thing once, where distinct counts keep it once for each of them. -#}
{% macro layout_of_things(layout, kpis, thing, greatest) -%}
    {%- set immature = [] -%}
    {%- set expressions = [] -%}
    {%- for kpi in kpis if kpi.immature is defined -%} {%- do immature.append(count_if(kpi.immature) | trim) -%} {%- endfor -%}
    {%- for expression in layout.expressions -%}
        {%- do expressions.append('sum(immature_' ~ immature.index(expression) ~ ')' if expression in immature
            else expression | replace('count(' ~ thing ~ ')', 'sum(row_count)') | replace('count(distinct ', 'count(')) -%}
    {%- endfor -%}
    {{ return({
        'expressions': expressions,
        'measured': layout.measured,
        'percentiles': layout.percentiles,
        'places': layout.places,
        'once': {'thing': thing, 'greatest': greatest, 'immature': immature},
    }) }}
{%- endmacro %}

{#- What rows of one thing each have besides the columns that they are grouped by. -#}
{% macro columns_of_things(once) -%}
    {{ once.thing }},
        count({{ once.thing }}) as row_count
    {%- for column in once.greatest %},
        max({{ column }}) as {{ column }}
    {%- endfor %}
    {%- for expression in once.immature %},
        {{ expression }} as immature_{{ loop.index0 }}
    {%- endfor %}
{%- endmacro %}

{#- All shares that the KPIs of a list want of the expression of which this one is a percentile; empty if it is none. -#}
{% macro shares_measured(kpi, kpis) -%}
    {%- set measured = context[kpi.kpi](*kpi.args, part='measured') | trim -%}
    {%- set shares = [] -%}
    {%- for other in kpis if measured != 'null' and context[other.kpi](*other.args, part='measured') | trim == measured -%}
        {%- set share = context[other.kpi](*other.args, part='share') | trim -%}
        {%- if share not in shares -%} {%- do shares.append(share) -%} {%- endif -%}
    {%- endfor -%}
    {{ return(shares) }}
{%- endmacro %}

{#- A duration as a whole number, and back: durations are whole microseconds, in minutes or in seconds. Engines order whole
    numbers twice as fast as doubles, and most of the time of all percentiles is spent in ordering. -#}
{% macro whole_microseconds(duration) -%}
    cast(round({{ duration }} * 60000000) as bigint)
{%- endmacro %}

{% macro of_whole_microseconds(number) -%}
    cast({{ number }} as {{ type_double() }}) / 60000000
{%- endmacro %}

{% macro kpi_parts(layout) -%}
    {%- for expression in layout.expressions -%}
    {{ expression }} as part_{{ loop.index0 }}{{ ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{#- Rows with their members, the start of the periods that their `measured_date` lies in, and what percentiles are taken of. -#}
{% macro rows_with_members(rows, dimensions, grains=[], measured=[]) -%}
    select
        given.*
        {%- for grain in grains %},
        {{ period_start(grain, 'given.measured_date') }} as {{ grain }}_start_date
        {%- endfor %}
        {%- for expression in measured %},
        {{ whole_microseconds('given.' ~ expression) }} as measured_{{ loop.index0 }}
        {%- endfor %}
        {%- for dimension, column in dimensions.items() %},
        coalesce(cast(given.{{ column }} as {{ type_text() }}), 'unknown') as member_{{ dimension }}
        {%- endfor %}
    from {{ rows }} as given
{%- endmacro %}

{% macro grouped_sets(period, dimensions, has_overall) -%}
    grouping sets (
        {{ '(' ~ period ~ ')' if has_overall }}
        {%- for dimension in dimensions %}
        {{ ', ' if has_overall or not loop.first }}({{ period }}, member_{{ dimension }})
        {%- endfor %}
    )
{%- endmacro %}

{% macro grouped_member(dimensions) -%}
    case
        {%- for dimension in dimensions %}
        when grouping(member_{{ dimension }}) = 0 then '{{ dimension }}'
        {%- endfor %}
        when true then 'overall'
    end as dimension,
    case
        {%- for dimension in dimensions %}
        when grouping(member_{{ dimension }}) = 0 then member_{{ dimension }}
        {%- endfor %}
        when true then 'all'
    end as member
{%- endmacro %}

{#- One KPI's columns of its row in `rows`, by name: `place` says in which column each of its parts is. `is_there`: a member has a row
    where something was measured. -#}
{% macro kpi_columns(kpi, place, rows, has_variants) -%}
    {%- set is_count = 'denominator' not in place and kpi.per is not defined -%}
    {%- set scale = context[kpi.kpi](*kpi.args, part='scale') | trim -%}
    {%- set numerator = 'null' if 'numerator' not in place
        else place.numerator if kpi.is_null_when_missing else 'coalesce(' ~ place.numerator ~ ', 0)' -%}
    {%- set denominator = kpi.per if kpi.per is defined
        else 'coalesce(' ~ place.denominator ~ ', 0)' if 'denominator' in place else 'null' -%}
    {%- set immature = 'coalesce(' ~ place.immature ~ ', 0)' if 'immature' in place else '0' -%}
    {%- set samples = [place.sample, denominator, place.numerator, '0'] | select('defined') | reject('equalto', 'null') -%}
    {%- set value -%}
        {% if is_count -%} cast({{ numerator }} as {{ type_double() }})
        {%- elif 'value' in place -%} cast({{ place.value }} as {{ type_double() }})
        {%- else -%} {{ scale ~ ' * ' if scale != '1' }}cast({{ numerator }} as {{ type_double() }}) / nullif({{ denominator }}, 0)
        {%- endif %}
    {%- endset -%}
    {%- set is_there -%}
        {{ rows }}.dimension = 'overall'
        {% if 'denominator' in place -%} or {{ place.denominator }} > 0
        {%- elif kpi.is_null_when_missing -%} or {{ place.numerator }} is not null
        {%- else -%} or {{ place.numerator }} <> 0
        {%- endif %}
        {{ 'or ' ~ place.immature ~ ' > 0' if 'immature' in place }}
    {%- endset -%}
    {{ return({
        'kpi_variant': rows ~ '.kpi_variant' if has_variants else "'" ~ kpi.variant | default('standard') ~ "'",
        'numerator': 'cast(' ~ numerator ~ ' as ' ~ type_double() ~ ')',
        'denominator': 'cast(' ~ denominator ~ ' as ' ~ type_double() ~ ')',
        'value': value,
        'sample_count': 'cast(coalesce(' ~ samples | join(', ') ~ ') as bigint)',
        'immature_count': 'cast(' ~ immature ~ ' as bigint)',
        'numerator_squares': 'cast(' ~ place.squares | default('null') ~ ' as ' ~ type_double() ~ ')',
        'is_there': is_there,
    }) }}
{%- endmacro %}

{#- The bound of a figure's 95 % interval, of the columns that `kpi_rows` measures; null where the kind has none. -#}
{% macro bound_of_value(sign) -%}
    case
        when denominator = 0 then null
        when unit = 'percent' then {{ wilson_bound('numerator', 'denominator', sign) }}
        when numerator_squares is not null
            then {{ adjusted_wald_bound('numerator', 'numerator_squares', 'denominator', sign) }}
    end
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
