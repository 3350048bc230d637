{#- Raw files on Spark: a folder becomes a schema, each of its raw and policy tables a view or an external table of the files where they
    are. `dbt run-operation name_raw_folder --target spark --args '{folder: …, schema: helpdesk}'`, then builds with raw_schema.

    Rows of Parquet files know their file and their place in it, so that daily runs find what is new by file, as on DuckDB. Those of
    CSV files do not: like those of a database table they are told apart by their loaded_at alone. -#}
{% macro name_raw_folder(folder, schema) -%}
    {{ return(adapter.dispatch('name_raw_folder', 'service_kpis')(folder, schema)) }}
{%- endmacro %}

{% macro default__name_raw_folder(folder, schema) -%}
    {%- do exceptions.raise_compiler_error('name_raw_folder is for Spark; DuckDB reads raw_path itself, `service-kpis load` fills PostgreSQL') -%}
{%- endmacro %}

{% macro spark__name_raw_folder(folder, schema) -%}
    {%- set folder = folder.rstrip('/') -%}
    {%- do run_query('create schema if not exists ' ~ schema) -%}
    {%- do run_query('create or replace temporary view service_kpis_raw_files using binaryFile options (path ' ~ string_constant(folder) ~ ", recursiveFileLookup 'true')") -%}
    {%- set base = folder.rsplit('/', 1)[-1] ~ '/' -%}
    {%- set files = [] -%}
    {%- for file in run_query('select path from service_kpis_raw_files order by path').columns[0].values() -%}
        {%- do files.append(file.rsplit(base, 1)[-1]) -%}
    {%- endfor -%}
    {%- set tables = policy_tables() | list -%}
    {%- for thing in raw_things() -%} {%- do tables.append('raw_' ~ thing) -%} {%- endfor -%}
    {%- for table in tables -%}
        {%- set relation = schema ~ '.' ~ table -%}
        {%- set own = [] -%}
        {%- for file in files if file.split('/')[0].split('.')[0] == table and file.endswith(('.parquet', '.csv')) -%}
            {%- do own.append(file) -%}
        {%- endfor -%}
        {%- set earlier = load_relation(api.Relation.create(schema=schema, identifier=table)) -%}
        {%- if earlier is not none -%} {%- do adapter.drop_relation(earlier) -%} {%- endif -%}
        {%- if own -%}
            {%- set path = folder ~ '/' ~ own[0].split('/')[0] -%}
            {%- do run_query(
                raw_parquet_view(relation, path, base) if own[0].endswith('.parquet') else raw_csv_table(relation, path, folder ~ '/' ~ own[0])
            ) -%}
            {%- do log(relation ~ ': ' ~ own | length ~ (' file' if own | length == 1 else ' files'), info=true) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro raw_parquet_view(relation, path, base) -%}
    {%- set files = 'parquet.`' ~ path ~ '`' -%}
    {%- set names = run_query('describe query select * from ' ~ files).columns[0].values() | map('lower') | list %}
    create or replace view {{ relation }} as
    select
        *
        {%- if 'source_file' not in names %},
        split_part(_metadata.file_path, {{ string_constant(base) }}, -1) as source_file
        {%- endif %}
        {%- if 'file_row_number' not in names %},
        _metadata.row_index as file_row_number
        {%- endif %}
    from {{ files }}
{%- endmacro %}

{#- All columns as text, by the names of the first file's header; where another file has other columns, reading it stops. -#}
{% macro raw_csv_table(relation, path, first_file) -%}
    {%- set header = run_query('select value from text.`' ~ first_file ~ '` limit 1').columns[0].values() | first | default('', true) -%}
    {%- set columns = [] -%}
    {%- for name in header.split(',') -%}
        {%- do columns.append('`' ~ name | replace('"', '') | replace('\ufeff', '') | trim | lower ~ '` string') -%}
    {%- endfor %}
    create table {{ relation }} ({{ columns | join(', ') }}, unreadable_line string)
    using csv options (
        path {{ string_constant(path) }}, header 'true', multiLine 'true', escape '"', enforceSchema 'false',
        mode 'PERMISSIVE', columnNameOfCorruptRecord 'unreadable_line'
    )
{%- endmacro %}
