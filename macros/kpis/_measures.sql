{#- From dated rows to one row per KPI variant, period, dimension and member.

    A model of models/kpis/measures lists its KPIs once and calls these macros:

        {% set kpis = [{'kpi': 'fcr_rate', 'args': ['is_fcr_counted', 'is_resolved_at_first_contact']}, …] %}

    kpi, variant   key and variant (`standard` unless said)
    args           columns or conditions over the rows, as in an analyst's own call of the KPI's macro
    immature       condition of the rows left out because their window has not ended yet
    per            column of dim_periods that divides the sum (business days), where the denominator is no sum of rows
    squares        sum of squares of the numerator's terms: the interval of a net score needs it
    sample         size of the sample, where it is not the denominator
    is_null_when_missing   a total that is unknown, not 0, where there are no rows (costs) -#}

{#- Additive KPIs: reduced once to days, coarser periods are sums of those.
    rows: CTE with a `measured_date`; dimensions: {name: column}, an empty member is `unknown`. -#}
{% macro kpi_sums(rows, dimensions, kpis, has_overall=true) -%}
    {%- set listed = kpis_where_additive(kpis, 'true') -%}
    with

    daily as (

        select
            measured_date,
            {{ grouped_member(dimensions) }},
            {{ kpi_columns(listed, ['numerator', 'denominator', 'immature', 'sample']) }}
        from (
            {{ rows_with_members(rows, dimensions) }}
        ) as member_rows
        group by {{ grouped_sets('measured_date', dimensions, has_overall) }}

    ),

    periodic as (

        {% for grain in kpi_grains() -%}
        select
            '{{ grain }}' as period_grain,
            {{ period_start(grain, 'measured_date') }} as period_start_date,
            dimension,
            member
            {%- for position in range(listed | length) %}
            {%- for column in ['numerator', 'denominator', 'immature', 'sample'] %},
            sum({{ column }}_{{ position }}) as {{ column }}_{{ position }}
            {%- endfor %}
            {%- endfor %}
        from daily
        group by {{ period_start(grain, 'measured_date') }}, dimension, member
        {{ 'union all' if not loop.last }}
        {% endfor %}

    ),

    listed_kpis as (

        {{ kpis_as_rows(listed) }}

    ),

    unpivoted as (

        select
            listed_kpis.kpi_key,
            listed_kpis.kpi_variant,
            periodic.period_grain,
            periodic.period_start_date,
            periodic.dimension,
            periodic.member,
            {{ kpi_at_position(listed, 'numerator') }} as numerator,
            {{ kpi_at_position(listed, 'denominator') }} as denominator,
            {{ kpi_at_position(listed, 'immature') }} as immature_count,
            {{ kpi_at_position(listed, 'sample') }} as sample_count,
            listed_kpis.scale
        from periodic
        cross join listed_kpis

    )

    select
        kpi_key,
        kpi_variant,
        period_grain,
        period_start_date,
        dimension,
        member,
        numerator,
        denominator,
        scale * cast(numerator as {{ type_double() }})
        / nullif(cast(denominator as {{ type_double() }}), 0) as value,
        immature_count,
        sample_count,
        cast(null as decimal(38, 12)) as numerator_squares
    from unpivoted
{%- endmacro %}

{#- KPIs that cannot be re-added (medians, percentiles, distinct counts): measured from the rows at every grain.
    `is_by_period`: the rows differ from period to period and carry `period_grain` and `period_start_date` themselves. -#}
{% macro kpi_figures(rows, dimensions, kpis, has_overall=true, is_by_period=false) -%}
    {%- set listed = kpis if is_by_period else kpis_where_additive(kpis, 'false') -%}
    with

    periodic as (

        {% for grain in (['given'] if is_by_period else kpi_grains()) -%}
        select
            period_grain,
            period_start_date,
            {{ grouped_member(dimensions) }},
            {{ kpi_columns(listed, ['numerator', 'denominator', 'immature', 'sample', 'squares', 'value']) }}
        from (
            {{ rows_with_members(rows, dimensions, grain) }}
        ) as member_rows
        group by {{ grouped_sets('period_grain, period_start_date', dimensions, has_overall) }}
        {{ 'union all' if not loop.last }}
        {% endfor %}

    ),

    listed_kpis as (

        {{ kpis_as_rows(listed) }}

    )

    select
        listed_kpis.kpi_key,
        listed_kpis.kpi_variant,
        periodic.period_grain,
        periodic.period_start_date,
        periodic.dimension,
        periodic.member,
        {{ kpi_at_position(listed, 'numerator') }} as numerator,
        {{ kpi_at_position(listed, 'denominator') }} as denominator,
        {{ kpi_at_position(listed, 'value') }} as value,
        {{ kpi_at_position(listed, 'immature') }} as immature_count,
        {{ kpi_at_position(listed, 'sample') }} as sample_count,
        {{ kpi_at_position(listed, 'squares') }} as numerator_squares
    from periodic
    cross join listed_kpis
{%- endmacro %}

{#- Stocks at the end of each period: the sum of all changes so far, from the changes per period that `kpi_sums` gives.
    A member has a row for every period, since a stock stands also where nothing changes. -#}
{% macro kpi_stocks(changes) -%}
    with

    members as (

        select distinct kpi_key, kpi_variant, dimension, member from {{ changes }}

    ),

    periods as (

        select * from {{ ref('dim_periods') }}
        where is_in_data_range

    )

    select
        members.kpi_key,
        members.kpi_variant,
        periods.period_grain,
        periods.period_start_date,
        members.dimension,
        members.member,
        sum(coalesce(changes.numerator, 0)) over (
            partition by members.kpi_key, members.kpi_variant, periods.period_grain, members.dimension, members.member
            order by periods.period_start_date
        ) as numerator,
        cast(null as decimal(38, 12)) as denominator,
        cast(null as {{ type_double() }}) as value,
        cast(0 as decimal(38, 12)) as immature_count,
        cast(null as decimal(38, 12)) as sample_count,
        cast(null as decimal(38, 12)) as numerator_squares
    from members
    cross join periods
    left join {{ changes }} as changes
        on members.kpi_key = changes.kpi_key
        and members.kpi_variant = changes.kpi_variant
        and members.dimension = changes.dimension
        and members.member = changes.member
        and periods.period_grain = changes.period_grain
        and periods.period_start_date = changes.period_start_date
{%- endmacro %}

{#- The measured rows as kpi_values wants them: `overall` with a row for every period of the data (counts 0, others null), members
    where something was measured, nothing at all of a `source` without rows.
    periods_where: the periods that the KPIs have, where not all; listed: CTE of the KPIs, where variants come from data. -#}
{% macro kpi_rows(measured, kpis, source, periods_where='true', listed=none) -%}
    with

    periods as (

        select * from {{ ref('dim_periods') }}

    ),

    listed_kpis as (

        {{ 'select * from ' ~ listed if listed else kpis_as_rows(kpis) }}

    ),

    overall_rows as (

        select
            listed_kpis.kpi_key,
            listed_kpis.kpi_variant,
            periods.period_grain,
            periods.period_start_date,
            'overall' as dimension,
            'all' as member,
            case
                when listed_kpis.is_null_when_missing then measured.numerator
                when listed_kpis.has_numerator then coalesce(measured.numerator, 0)
            end as numerator,
            case when listed_kpis.has_denominator then coalesce(measured.denominator, 0) end as denominator,
            measured.value,
            coalesce(measured.immature_count, 0) as immature_count,
            measured.sample_count,
            measured.numerator_squares
        from listed_kpis
        cross join periods
        left join {{ measured }} as measured
            on listed_kpis.kpi_key = measured.kpi_key
            and listed_kpis.kpi_variant = measured.kpi_variant
            and periods.period_grain = measured.period_grain
            and periods.period_start_date = measured.period_start_date
            and measured.dimension = 'overall'
        where
            (periods.is_in_data_range or measured.kpi_key is not null)
            and {{ periods_where }}

    ),

    member_rows as (

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
            immature_count,
            sample_count,
            numerator_squares
        from {{ measured }}
        where
            dimension <> 'overall'
            and (denominator > 0 or immature_count > 0 or (denominator is null and numerator <> 0))

    ),

    all_rows as (

        select * from overall_rows
        where exists (select 1 from {{ source }})

        union all

        select * from member_rows

    ),

    divided_rows as (

        select
            all_rows.*,
            listed_kpis.is_count,
            case listed_kpis.per
                when 'business_day_count' then periods.business_day_count
                when 'day_count' then periods.day_count
            end as days
        from all_rows
        inner join listed_kpis
            on all_rows.kpi_key = listed_kpis.kpi_key
            and all_rows.kpi_variant = listed_kpis.kpi_variant
        inner join periods
            on all_rows.period_grain = periods.period_grain
            and all_rows.period_start_date = periods.period_start_date

    )

    select
        kpi_key,
        kpi_variant,
        period_grain,
        period_start_date,
        dimension,
        member,
        cast(numerator as {{ type_double() }}) as numerator,
        cast(coalesce(denominator, days) as {{ type_double() }}) as denominator,
        case
            when is_count then cast(numerator as {{ type_double() }})
            when days is not null then cast(numerator as {{ type_double() }}) / nullif(days, 0)
            else value
        end as value,
        cast(coalesce(sample_count, denominator, days, numerator, 0) as bigint) as sample_count,
        cast(immature_count as bigint) as immature_count,
        cast(numerator_squares as {{ type_double() }}) as numerator_squares,
        is_count
    from divided_rows
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

{#- One part of one KPI of a list, as an expression over its rows. -#}
{% macro kpi_expression(kpi, column) -%}
    {%- if column in ['numerator', 'denominator', 'value'] -%} {{ context[kpi.kpi](*kpi.args, part=column) | trim }}
    {%- elif column == 'immature' -%} {{ count_if(kpi.immature) if kpi.immature is defined else '0' }}
    {%- else -%} {{ kpi[column] | default('null') }}
    {%- endif -%}
{%- endmacro %}

{% macro kpi_columns(kpis, columns) -%}
    {%- for kpi in kpis -%}
    {%- set position = loop.index0 -%}
    {%- set is_last = loop.last -%}
    {%- for column in columns -%}
    cast({{ kpi_expression(kpi, column) }} as {{ type_double() if column == 'value' else 'decimal(38, 12)' }})
    as {{ column }}_{{ position }}{{ ',' if not (is_last and loop.last) }}
    {% endfor -%}
    {%- endfor -%}
{%- endmacro %}

{% macro kpi_at_position(kpis, column) -%}
    case listed_kpis.list_position
        {%- for kpi in kpis %}
        when {{ loop.index0 }} then periodic.{{ column }}_{{ loop.index0 }}
        {%- endfor %}
    end
{%- endmacro %}

{% macro kpis_as_rows(kpis) -%}
    {%- for kpi in kpis %}
    {%- set has_denominator = context[kpi.kpi](*kpi.args, part='denominator') | trim != 'null' %}
    select
        {{ loop.index0 }} as list_position,
        '{{ kpi.kpi }}' as kpi_key,
        '{{ kpi.variant | default("standard") }}' as kpi_variant,
        {{ context[kpi.kpi](*kpi.args, part='scale') | trim }} as scale,
        '{{ kpi.per | default("") }}' as per,
        {{ (not has_denominator and kpi.per is not defined) | string | lower }} as is_count,
        {{ has_denominator | string | lower }} as has_denominator,
        {{ (context[kpi.kpi](*kpi.args, part='numerator') | trim != 'null') | string | lower }} as has_numerator,
        {{ kpi.is_null_when_missing | default(false) | string | lower }} as is_null_when_missing
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Rows with their members; with a grain, also with the period that their `measured_date` lies in. -#}
{% macro rows_with_members(rows, dimensions, grain='given') -%}
    select
        given.*
        {%- if grain != 'given' %},
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'given.measured_date') }} as period_start_date
        {%- endif %}
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
