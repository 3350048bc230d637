{#- Incremental models on Spark, whose tables of Parquet files have no `delete`. Tables are partitioned by `partition_date`, the start
    of the month (variable `partition_grain`) of the instant or date that the model's meta names in `partition_field`; without it there
    is one partition. A run writes again (`insert overwrite`) the partitions in which rows are replaced or new, and no other. -#}
{% materialization incremental, adapter='spark', supported_languages=['sql'] -%}
    {%- set existing = load_relation(this) -%}
    {{ run_hooks(pre_hooks) }}

    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {%- if existing is not none -%} {%- do adapter.drop_relation(existing) -%} {%- endif -%}
        {%- call statement('main') -%} {{ create_partitioned_table_as(this, compiled_code) }} {%- endcall -%}
    {%- else -%}
        {%- set strategy = config.require('incremental_strategy') -%}
        {%- set new_rows = this.incorporate(path={'identifier': this.identifier ~ '__new_rows'}, type='table') -%}
        {%- do adapter.drop_relation(new_rows) -%}
        {%- call statement('new_rows') -%} {{ create_partitioned_table_as(new_rows, compiled_code) }} {%- endcall -%}
        {%- set rewritten, emptied = [], [] -%}
        {%- for partition_date, has_rows in run_query(partitions_to_write(strategy, existing, new_rows)).rows -%}
            {%- do (rewritten if has_rows else emptied).append(partition_date) -%}
        {%- endfor -%}
        {#- A partition is overwritten by the rows that go into it: where none do, it would stay as it was. -#}
        {%- for partition_date in emptied -%}
            {%- do run_query(empty_partition(existing, new_rows, partition_date)) -%}
        {%- endfor -%}
        {%- do overwrite_touched_partitions_alone() -%}
        {%- call statement('main') -%} {{ overwrite_partitions(strategy, existing, new_rows, rewritten) }} {%- endcall -%}
        {%- if strategy == 'replace_periods' -%} {%- do run_query(record_measured_periods(new_rows)) -%} {%- endif -%}
        {%- do adapter.drop_relation(new_rows) -%}
    {%- endif -%}

    {%- do persist_docs(this, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this]}) }}
{%- endmaterialization %}

{#- `insert overwrite` of the session leaves partitions alone into which no row goes. -#}
{% macro overwrite_touched_partitions_alone() -%}
    {%- do run_query('set spark.sql.sources.partitionOverwriteMode = dynamic') -%}
{%- endmacro %}

{#- Rows of a partition are brought together before they are written, or each task would write a file into each. -#}
{% macro create_partitioned_table_as(relation, rows) -%}
    {%- set field = config.get('meta', {}).get('partition_field') -%}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(rows) }}
        {%- set rows = get_select_subquery(rows) -%}
    {%- endif -%}
    {%- set partition_date -%}
        {{ "coalesce(cast(date_trunc('" ~ var('partition_grain') ~ "', " ~ field ~ ") as date), date '0001-01-01')" if field else "date '0001-01-01'" }}
    {%- endset -%}
    create table {{ relation }} {{ file_format_clause() }} partitioned by (partition_date) as
    select {{ '/*+ rebalance(partition_date) */' if field }} dated_rows.*
    from (
        select
            model_rows.*,
            {{ partition_date }} as partition_date
        from (
            {{ rows }}
        ) as model_rows
    ) as dated_rows
{%- endmacro %}

{#- The rows that were there before, and of each, whether `replace_keys` or `replace_periods` takes it out. -#}
{% macro earlier_rows(strategy, existing, new_rows) -%}
    {%- if strategy == 'replace_keys' -%}
        {%- set key = config.require('unique_key') -%}
        {%- set touched = config.get('meta', {}).get('touched') -%}
        {%- set conditions = [] -%}
        {%- for column in ([key] if key is string else key) -%}
            {%- do conditions.append('earlier.' ~ column ~ ' = replaced.' ~ column if touched
                else 'coalesce(earlier.' ~ column ~ ", '') = coalesce(replaced." ~ column ~ ", '')") -%}
        {%- endfor -%}
    select
        earlier.*,
        replaced.is_replaced is not null as is_replaced
    from {{ existing }} as earlier
    left join (
        select distinct
            {{ key if key is string else key | join(', ') }},
            true as is_replaced
        from {{ ref(touched) if touched else new_rows }}
    ) as replaced on {{ conditions | join(' and ') }}
    {%- elif strategy == 'replace_periods' -%}
    select
        earlier.*,
        replaced.period_grain is not null or dim_periods.period_grain is null as is_replaced
    from {{ existing }} as earlier
    left join (
        select distinct
            period_grain,
            period_start_date
        from {{ new_rows }}
    ) as replaced
        on earlier.period_grain = replaced.period_grain and earlier.period_start_date = replaced.period_start_date
    left join {{ ref('dim_periods') }} as dim_periods
        on earlier.period_grain = dim_periods.period_grain and earlier.period_start_date = dim_periods.period_start_date
    {%- else -%}
        {%- do exceptions.raise_compiler_error('there is no incremental strategy ' ~ strategy ~ ' on Spark') -%}
    {%- endif -%}
{%- endmacro %}

{#- The partitions that do not stay as they are, as text, and whether any row is left in them. -#}
{% macro partitions_to_write(strategy, existing, new_rows) -%}
    select
        cast(partition_date as {{ type_text() }}) as partition_date,
        bool_or(is_left) as has_rows
    from (
        select
            partition_date,
            not is_replaced as is_left,
            is_replaced as is_changed
        from ({{ earlier_rows(strategy, existing, new_rows) }}) as earlier_rows

        union all

        select
            partition_date,
            true as is_left,
            true as is_changed
        from {{ new_rows }}
        {{ rows_to_keep(strategy) }}
    ) as fates
    group by partition_date
    having bool_or(is_changed)
{%- endmacro %}

{% macro overwrite_partitions(strategy, existing, new_rows, partition_dates) -%}
    {%- set columns = adapter.get_columns_in_relation(new_rows) | map(attribute='name') | join(', ') -%}
    {%- set wanted = [] -%}
    {%- for partition_date in partition_dates -%} {%- do wanted.append("date '" ~ partition_date ~ "'") -%} {%- endfor -%}
    {%- if not wanted -%} select 1 as nothing_to_write
    {%- else -%}
    insert overwrite table {{ existing }} partition (partition_date)
    select /*+ rebalance(partition_date) */ {{ columns }}
    from (
        select {{ columns }}
        from ({{ earlier_rows(strategy, existing, new_rows) }}) as earlier_rows
        where partition_date in ({{ wanted | join(', ') }}) and not is_replaced

        union all

        select {{ columns }}
        from {{ new_rows }}
        {{ rows_to_keep(strategy) }}
    ) as all_rows
    {%- endif -%}
{%- endmacro %}

{% macro empty_partition(existing, new_rows, partition_date) -%}
    {%- set columns = adapter.get_columns_in_relation(new_rows) | map(attribute='name') | reject('equalto', 'partition_date') | join(', ') -%}
    insert overwrite table {{ existing }} partition (partition_date = date '{{ partition_date }}')
    select {{ columns }} from {{ new_rows }}
    where 1 = 0
{%- endmacro %}

{#- A measure gives a row without a KPI for each period that it measured. -#}
{% macro rows_to_keep(strategy) -%}
    {{ 'where kpi_key is not null' if strategy == 'replace_periods' }}
{%- endmacro %}

{#- Does a run that was broken off leave each table as it was, or as it was to become? -#}
{% macro is_table_written_at_once() -%}
    {{ return(adapter.dispatch('is_table_written_at_once', 'service_kpis')()) }}
{%- endmacro %}

{% macro default__is_table_written_at_once() -%} {{ return(true) }} {%- endmacro %}

{#- Overwritten partitions are put in place one after the other. -#}
{% macro spark__is_table_written_at_once() -%} {{ return(false) }} {%- endmacro %}
