{#- How rows are multiplied: by periods, by members, by KPIs. DuckDB and PostgreSQL keep what several branches of a union read, and
    work best at one branch at a time. Spark works it out again for each branch (a measure of nine KPIs became a plan of 600 shuffles);
    there each row is multiplied where it is, and grouped once. -#}

{#- The parts of a layout for each grain, from those of days in `daily`. -#}
{% macro sums_of_grains(daily, layout) -%}
    {{ return(adapter.dispatch('sums_of_grains', 'service_kpis')(daily, layout)) }}
{%- endmacro %}

{% macro default__sums_of_grains(daily, layout) -%}
    {% for grain in kpi_grains() -%}
    select
        '{{ grain }}' as period_grain,
        {{ period_start(grain, 'measured_date') }} as period_start_date,
        dimension,
        member
        {%- for expression in layout.expressions %},
        sum(part_{{ loop.index0 }}) as part_{{ loop.index0 }}
        {%- endfor %}
    from {{ daily }}
    group by {{ period_start(grain, 'measured_date') }}, dimension, member
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{% macro spark__sums_of_grains(daily, layout) -%}
    select
        grains.period_grain,
        grains.period_start_date,
        dimension,
        member
        {%- for expression in layout.expressions %},
        sum(part_{{ loop.index0 }}) as part_{{ loop.index0 }}
        {%- endfor %}
    from {{ daily }}
    lateral view inline(array(
        {%- for grain in kpi_grains() %}
        named_struct('grain', '{{ grain }}', 'start_date', {{ period_start(grain, 'measured_date') }}){{ ',' if not loop.last }}
        {%- endfor %}
    )) grains as period_grain, period_start_date
    group by grains.period_grain, grains.period_start_date, dimension, member
{%- endmacro %}

{#- The parts of a layout for each grain and member, from rows that carry the start of each grain's period.
    earlier_date: column with the date on which the same thing was there before, of things that count once a period. -#}
{% macro figures_of_grains(rows, dimensions, layout, has_overall, earlier_date) -%}
    {{ return(adapter.dispatch('figures_of_grains', 'service_kpis')(rows, dimensions, layout, has_overall, earlier_date)) }}
{%- endmacro %}

{% macro default__figures_of_grains(rows, dimensions, layout, has_overall, earlier_date) -%}
    {% for grain in kpi_grains() -%}
    {%- set start_date = grain ~ '_start_date' -%}
    {{ figures_of_members(
        rows, dimensions, layout, has_overall, "'" ~ grain ~ "'", start_date,
        is_first_in_period(earlier_date, start_date) ~ ' and ' ~ is_start_of_period(start_date, grain)
    ) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- Where all rows of a thing are in one task, it is counted there in every period and member: no multiplied row is sent to another. -#}
{% macro spark__figures_of_grains(rows, dimensions, layout, has_overall, earlier_date) -%}
    {%- if layout.percentiles -%} {{ return(percentiles_of_days(rows, dimensions, layout, has_overall)) }} {%- endif -%}
    {%- set rows_of_grains -%}
        (
            select
                {{ rows }}.*,
                grains.period_grain,
                grains.period_start_date
            from {{ '(select * from ' ~ rows ~ ' distribute by ' ~ layout.once.thing ~ ') as ' ~ rows if layout.once else rows }}
            lateral view inline(array(
                {%- for grain in kpi_grains() %}
                named_struct('grain', '{{ grain }}', 'start_date', {{ grain }}_start_date){{ ',' if not loop.last }}
                {%- endfor %}
            )) grains as period_grain, period_start_date
        )
    {%- endset -%}
    {%- set is_measured = ' and (period_grain, period_start_date) in (select period_grain, period_start_date from periods)' -%}
    {{ figures_of_members(
        rows_of_grains ~ ' as rows_of_grains', dimensions, layout, has_overall, 'period_grain', 'period_start_date',
        is_first_in_period(earlier_date, 'period_start_date') ~ (is_measured if is_incremental() else '')
    ) }}
{%- endmacro %}

{#- Percentiles of each grain from the lists of the days' values: a row is multiplied by members alone, and longer periods put lists
    together. Spark's `percentile` multiplies it by grains too, sorts that by its group, and counts each value in a map. What is
    measured beside percentiles is a count of rows. -#}
{% macro percentiles_of_days(rows, dimensions, layout, has_overall) -%}
    select
        period_grain,
        period_start_date,
        dimension,
        member
        {%- for expression in layout.expressions %},
        {% if expression in layout.percentiles -%}
        {%- set percentiles = layout.percentiles[expression] -%}
        {{ percentiles_of_list('sorted_' ~ percentiles.column, percentiles.shares) }} as part_{{ loop.index0 }}
        {%- else -%} part_{{ loop.index0 }}
        {%- endif %}
        {%- endfor %}
    from (
        select
            grains.period_grain,
            grains.period_start_date,
            dimension,
            member
            {%- for expression in layout.expressions %},
            {% if expression in layout.percentiles -%}
            {%- set column = layout.percentiles[expression].column -%}
            sort_array(flatten(collect_list(listed_{{ column }}))) as sorted_{{ column }}
            {%- else -%} sum(part_{{ loop.index0 }}) as part_{{ loop.index0 }}
            {%- endif %}
            {%- endfor %}
        from (
            select
                measured_date,
                members.dimension,
                members.member
                {%- for expression in layout.expressions %},
                {% if expression in layout.percentiles -%}
                {%- set column = layout.percentiles[expression].column -%}
                collect_list({{ column }}) as listed_{{ column }}
                {%- else -%} {{ expression }} as part_{{ loop.index0 }}
                {%- endif %}
                {%- endfor %}
            from {{ rows }}
            lateral view inline(array(
                {%- for dimension, member in members_of_rows(dimensions, has_overall).items() %}
                named_struct('dimension', '{{ dimension }}', 'member', {{ member }}){{ ',' if not loop.last }}
                {%- endfor %}
            )) members as dimension, member
            group by measured_date, members.dimension, members.member
        ) as lists_of_days
        lateral view inline(array(
            {%- for grain in kpi_grains() %}
            named_struct('grain', '{{ grain }}', 'start_date', {{ period_start(grain, 'measured_date') }}){{ ',' if not loop.last }}
            {%- endfor %}
        )) grains as period_grain, period_start_date
        {%- if is_incremental() %}
        where (grains.period_grain, grains.period_start_date) in (select period_grain, period_start_date from periods)
        {%- endif %}
        group by grains.period_grain, grains.period_start_date, dimension, member
    ) as lists_of_periods
{%- endmacro %}

{#- Continuous percentiles of a sorted list, as `percentile` gives them; null of an empty one. -#}
{% macro percentiles_of_list(list, shares) -%}
    {%- set place = '(size(' ~ list ~ ') - 1) * share' -%}
    {%- set lower = 'element_at(' ~ list ~ ', cast(floor(' ~ place ~ ') as int) + 1)' -%}
    {%- set upper = 'element_at(' ~ list ~ ', cast(ceil(' ~ place ~ ') as int) + 1)' -%}
    case
        when size({{ list }}) > 0 then transform(
            array({{ shares | join(', ') }}),
            share -> {{ lower }} + ({{ place }} - floor({{ place }})) * ({{ upper }} - {{ lower }})
        )
    end
{%- endmacro %}

{% macro is_first_in_period(earlier_date, start_date) -%}
    {{ 'coalesce(' ~ earlier_date ~ ' < ' ~ start_date ~ ', true)' if earlier_date else 'true' }}
{%- endmacro %}

{#- The parts of a layout for one grain, or for the grains that the rows carry, dimension by dimension. -#}
{% macro figures_of_members(rows, dimensions, layout, has_overall, grain, start_date, is_counted='true') -%}
    {{ return(adapter.dispatch('figures_of_members', 'service_kpis')(rows, dimensions, layout, has_overall, grain, start_date, is_counted)) }}
{%- endmacro %}

{% macro default__figures_of_members(rows, dimensions, layout, has_overall, grain, start_date, is_counted) -%}
    {%- for dimension, member in members_of_rows(dimensions, has_overall).items() -%}
    select
        {{ grain }} as period_grain,
        {{ start_date }} as period_start_date,
        '{{ dimension }}' as dimension,
        {{ member }} as member,
        {{ kpi_parts(layout) }}
    {%- set period_and_member -%}
        {{ start_date }}
        {{- ', ' ~ grain if grain == 'period_grain' }}
        {{- ', ' ~ member if dimension != 'overall' }}
    {%- endset %}
    {% if layout.once -%}
    from (
        select
            {{ period_and_member }},
            {{ columns_of_things(layout.once) }}
        from {{ rows }}
        where {{ is_counted }}
        group by {{ period_and_member }}, {{ layout.once.thing }}
    ) as rows_of_things
    {% else -%}
    from {{ rows }}
    where {{ is_counted }}
    {% endif -%}
    group by {{ period_and_member }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{% macro spark__figures_of_members(rows, dimensions, layout, has_overall, grain, start_date, is_counted) -%}
    {%- set rows_of_members -%}
    from (select * from {{ rows }} where {{ is_counted }}) as counted_rows
    lateral view inline(array(
        {%- for dimension, member in members_of_rows(dimensions, has_overall).items() %}
        named_struct('dimension', '{{ dimension }}', 'member', {{ member }}){{ ',' if not loop.last }}
        {%- endfor %}
    )) members as dimension, member
    {%- endset %}
    select
        period_grain,
        period_start_date,
        dimension,
        member,
        {{ kpi_parts(layout) }}
    {% if layout.once -%}
    from (
        select
            period_grain,
            period_start_date,
            members.dimension,
            members.member,
            {{ columns_of_things(layout.once) }}
        {{ rows_of_members }}
        group by period_grain, period_start_date, members.dimension, members.member, {{ layout.once.thing }}
    ) as rows_of_things
    {% else -%}
    {{ rows_of_members }}
    {% endif -%}
    group by period_grain, period_start_date, dimension, member
{%- endmacro %}

{#- The member of a row in each dimension: {dimension: expression}. -#}
{% macro members_of_rows(dimensions, has_overall) -%}
    {%- set members = {'overall': "'all'"} if has_overall else {} -%}
    {%- for dimension in dimensions -%} {%- do members.update({dimension: 'member_' ~ dimension}) -%} {%- endfor -%}
    {{ return(members) }}
{%- endmacro %}

{% macro columns_of_periods() -%}
    periods.period_grain,
        periods.period_start_date,
        periods.is_complete_period,
        periods.day_count,
        periods.business_day_count
        {{- ',\n        periods.fingerprint' if config.get('materialized') == 'incremental' }}
{%- endmacro %}

{#- The measured rows with what is known of their periods, and `overall` rows for the periods that have none. -#}
{% macro padded_with_periods(rows, layout, source, periods_where, variants) -%}
    {{ return(adapter.dispatch('padded_with_periods', 'service_kpis')(rows, layout, source, periods_where, variants)) }}
{%- endmacro %}

{% macro default__padded_with_periods(rows, layout, source, periods_where, variants) -%}
    select
        {{ columns_of_periods() }},
        'overall' as dimension,
        'all' as member
        {{- ',\n        variants.kpi_variant' if variants }}
        {%- for expression in layout.expressions %},
        measured.part_{{ loop.index0 }}
        {%- endfor %}
    from periods
    {{ 'cross join ' ~ variants ~ ' as variants' if variants }}
    left join {{ rows }} as measured
        on periods.period_grain = measured.period_grain
        and periods.period_start_date = measured.period_start_date
        and measured.dimension = 'overall'
        {{ 'and variants.kpi_variant = measured.kpi_variant' if variants }}
    where
        (periods.is_in_data_range or measured.dimension is not null)
        and {{ periods_where }}
        and exists (select 1 from {{ source }})

    union all

    select
        {{ columns_of_periods() }},
        measured.dimension,
        measured.member
        {{- ',\n        measured.kpi_variant' if variants }}
        {%- for expression in layout.expressions %},
        measured.part_{{ loop.index0 }}
        {%- endfor %}
    from {{ rows }} as measured
    inner join periods
        on measured.period_grain = periods.period_grain
        and measured.period_start_date = periods.period_start_date
    where measured.dimension <> 'overall'
{%- endmacro %}

{% macro spark__padded_with_periods(rows, layout, source, periods_where, variants) -%}
    select
        {{ columns_of_periods() }},
        united.dimension,
        united.member
        {{- ',\n        united.kpi_variant' if variants }}
        {%- for expression in layout.expressions %},
        united.part_{{ loop.index0 }}
        {%- endfor %}
    from (
        select
            period_grain,
            period_start_date,
            dimension,
            member,
            {{ 'kpi_variant,' if variants }}
            {% for expression in layout.expressions -%}
            max(part_{{ loop.index0 }}) as part_{{ loop.index0 }},
            {% endfor -%}
            max(is_measured) as is_measured
        from (
            select
                period_grain,
                period_start_date,
                dimension,
                member,
                {{ 'kpi_variant,' if variants }}
                {% for expression in layout.expressions -%}
                part_{{ loop.index0 }},
                {% endfor -%}
                true as is_measured
            from {{ rows }}

            union all

            select
                periods.period_grain,
                periods.period_start_date,
                'overall' as dimension,
                'all' as member,
                {{ 'variants.kpi_variant,' if variants }}
                {% for expression in layout.expressions -%}
                null as part_{{ loop.index0 }},
                {% endfor -%}
                false as is_measured
            from periods
            {{ 'cross join ' ~ variants ~ ' as variants' if variants }}
        ) as rows_of_periods
        group by period_grain, period_start_date, dimension, member{{ ', kpi_variant' if variants }}
    ) as united
    inner join periods
        on united.period_grain = periods.period_grain
        and united.period_start_date = periods.period_start_date
    where
        united.dimension <> 'overall'
        or (
            (periods.is_in_data_range or united.is_measured)
            and {{ periods_where }}
            and exists (select 1 from {{ source }})
        )
{%- endmacro %}

{#- A row of `padded` for each of the KPIs listed. -#}
{% macro rows_of_kpis(padded, kpis, has_variants) -%}
    {{ return(adapter.dispatch('rows_of_kpis', 'service_kpis')(padded, kpis, has_variants)) }}
{%- endmacro %}

{% macro default__rows_of_kpis(padded, kpis, has_variants) -%}
    {%- set layout = kpi_layout(kpis) -%}
    {%- for kpi in kpis -%}
    {%- set columns = kpi_columns(kpi, layout.places[loop.index0], padded, has_variants) -%}
    select
        catalog.kpi_key,
        {{ columns.kpi_variant }} as kpi_variant,
        {{ padded }}.period_grain,
        {{ padded }}.period_start_date,
        {{ padded }}.dimension,
        {{ padded }}.member,
        {{ columns.numerator }} as numerator,
        {{ columns.denominator }} as denominator,
        {{ columns.value }} as value,
        catalog.unit,
        {{ columns.sample_count }} as sample_count,
        {{ columns.immature_count }} as immature_count,
        {{ columns.numerator_squares }} as numerator_squares,
        {{ padded }}.is_complete_period
        {{- ',\n        ' ~ padded ~ '.fingerprint' if config.get('materialized') == 'incremental' }}
    from {{ padded }}
    inner join catalog on catalog.kpi_key = '{{ kpi.kpi }}'
    where {{ columns.is_there }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{% macro spark__rows_of_kpis(padded, kpis, has_variants) -%}
    {%- set layout = kpi_layout(kpis) -%}
    {%- set names = ['kpi_variant', 'numerator', 'denominator', 'value', 'sample_count', 'immature_count', 'numerator_squares', 'is_there'] -%}
    select
        catalog.kpi_key,
        kpi_variant,
        period_grain,
        period_start_date,
        dimension,
        member,
        kpi_rows.numerator,
        kpi_rows.denominator,
        value,
        catalog.unit,
        sample_count,
        immature_count,
        numerator_squares,
        is_complete_period
        {{- ',\n        fingerprint' if config.get('materialized') == 'incremental' }}
    from (
        select
            kpis.*,
            {{ padded }}.period_grain,
            {{ padded }}.period_start_date,
            {{ padded }}.dimension,
            {{ padded }}.member,
            {{ padded }}.is_complete_period
            {{- ',\n            ' ~ padded ~ '.fingerprint' if config.get('materialized') == 'incremental' }}
        from {{ padded }}
        lateral view inline(array(
            {%- for kpi in kpis %}
            {%- set columns = kpi_columns(kpi, layout.places[loop.index0], padded, has_variants) %}
            named_struct('measured_key', '{{ kpi.kpi }}'{% for name in names %}, '{{ name }}', {{ columns[name] }}{% endfor %}){{ ',' if not loop.last }}
            {%- endfor %}
        )) kpis as measured_key, {{ names | join(', ') }}
    ) as kpi_rows
    inner join catalog on catalog.kpi_key = kpi_rows.measured_key
    where is_there
{%- endmacro %}
