{#- Of the files of a raw table that a base model has read, those that need not be read again, as far as the engine can tell without
    reading them. files_read: SQL of the files with their row_count, last_loaded_at and has_future_rows. -#}
{% macro unchanged_files(table, types, files_read) -%}
    {{ return(adapter.dispatch('unchanged_files', 'service_kpis')(table, types, files_read)) }}
{%- endmacro %}

{% macro default__unchanged_files(table, types, files_read) -%}
    {{ return([]) }}
{%- endmacro %}

{#- The footer of a Parquet file tells how many rows it has, and the latest loaded_at of each of its row groups. -#}
{% macro duckdb__unchanged_files(table, types, files_read) -%}
    {%- set type = types.get('loaded_at', type_text()) -%}
    {%- set files = raw_files(table) if raw_mode() == 'files' and type_family(type) in ('timestamp', 'instant') else {} -%}
    {%- if not files.get('parquet') or files['csv'] -%} {{ return([]) }} {%- endif -%}
    {%- set column = raw_spec(table)['columns'] | selectattr('name', 'equalto', 'loaded_at') | first -%}
    {%- set paths = path_literal(files['parquet']) -%}
    {%- set name = 'substr(file_name, ' ~ ((raw_path() | length) + 2) ~ ')' -%}
    {%- set last_loaded_at = read_column(column, type, given_value('footers.last_loaded_at', type)) -%}
    {{ return(run_query(
        'select files_read.source_file from ' ~ files_read ~ ' as files_read inner join ('
        ~ 'select ' ~ name ~ ' as source_file, sum(row_group_num_rows) as row_count, sum(stats_null_count) as undated_count, '
        ~ 'max(cast(stats_max_value as ' ~ type ~ ')) as last_loaded_at, count(*) - count(stats_max_value) as unknown_count '
        ~ 'from parquet_metadata(' ~ paths ~ ") where lower(trim(path_in_schema)) = 'loaded_at' group by file_name"
        ~ ') as footers on files_read.source_file = footers.source_file where not files_read.has_future_rows '
        ~ 'and footers.unknown_count = 0 and footers.undated_count = 0 and footers.row_count = files_read.row_count '
        ~ 'and ' ~ last_loaded_at ~ ' <= files_read.last_loaded_at'
    ).columns[0].values() | list) }}
{%- endmacro %}
