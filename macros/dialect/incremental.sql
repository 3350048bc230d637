{#- Incremental models on Spark. Its tables of Parquet files have no `delete`: the rows that stay and the new ones are written into a
    second table, which takes the place of the first. Whoever reads meanwhile reads the first one whole. A run that dies between the
    two last steps leaves no table, and the next one builds the model anew. -#}
{% materialization incremental, adapter='spark', supported_languages=['sql'] -%}
    {%- set existing = load_relation(this) -%}
    {{ run_hooks(pre_hooks) }}

    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {%- if existing is not none -%} {%- do adapter.drop_relation(existing) -%} {%- endif -%}
        {%- call statement('main') -%} {{ create_table_as(False, this, compiled_code) }} {%- endcall -%}
    {%- else -%}
        {%- set new_rows = this.incorporate(path={'identifier': this.identifier ~ '__new_rows'}, type='table') -%}
        {%- set replacement = this.incorporate(path={'identifier': this.identifier ~ '__replacement'}, type='table') -%}
        {%- for relation in (new_rows, replacement) -%} {%- do adapter.drop_relation(relation) -%} {%- endfor -%}
        {%- call statement('new_rows') -%} {{ create_table_as(False, new_rows, compiled_code) }} {%- endcall -%}
        {%- call statement('main') -%}
            create table {{ replacement }} {{ file_format_clause() }} as
            {{ rows_after_run(config.require('incremental_strategy'), existing, new_rows) }}
        {%- endcall -%}
        {%- do adapter.drop_relation(existing) -%}
        {%- do adapter.rename_relation(replacement, this.incorporate(type='table')) -%}
        {%- if config.require('incremental_strategy') == 'replace_periods' -%} {%- do run_query(record_measured_periods(new_rows)) -%} {%- endif -%}
        {%- do adapter.drop_relation(new_rows) -%}
    {%- endif -%}

    {%- do persist_docs(this, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this]}) }}
{%- endmaterialization %}

{#- What `replace_keys` and `replace_periods` leave, as one query. -#}
{% macro rows_after_run(strategy, existing, new_rows) -%}
    {%- set names = adapter.get_columns_in_relation(existing) | map(attribute='name') | list -%}
    {%- set kept_names = [] -%}
    {%- for name in names -%} {%- do kept_names.append('kept.' ~ name) -%} {%- endfor -%}
    select {{ kept_names | join(', ') }}
    from {{ existing }} as kept
    {% if strategy == 'replace_keys' -%}
        {%- set key = config.require('unique_key') -%}
        {%- set touched = config.get('meta', {}).get('touched') -%}
        left anti join {{ ref(touched) if touched else new_rows }} as replaced
        on {% if touched -%}
            {%- for column in ([key] if key is string else key) -%}
            kept.{{ column }} = replaced.{{ column }}{{ ' and ' if not loop.last }}
            {%- endfor -%}
            {%- else -%} coalesce(kept.{{ key }}, '') = coalesce(replaced.{{ key }}, '')
            {%- endif %}
    {%- elif strategy == 'replace_periods' -%}
        left anti join {{ new_rows }} as replaced
            on kept.period_grain = replaced.period_grain and kept.period_start_date = replaced.period_start_date
        left semi join {{ ref('dim_periods') }} as periods
            on kept.period_grain = periods.period_grain and kept.period_start_date = periods.period_start_date
    {%- else -%}
        {%- do exceptions.raise_compiler_error('there is no incremental strategy ' ~ strategy ~ ' on Spark') -%}
    {%- endif %}
    union all
    select {{ names | join(', ') }} from {{ new_rows }}
    {{ 'where kpi_key is not null' if strategy == 'replace_periods' }}
{%- endmacro %}
