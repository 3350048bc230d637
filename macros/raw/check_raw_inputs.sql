{#- Before anything is written: every mandatory table and column of the raw inputs is there, and nothing is there twice. Stops the run
    with one line that names each file and column at fault. -#}
{% macro check_raw_inputs() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set mode = raw_mode() -%}
        {%- set faults = check_run_variables() -%}
        {%- if mode == 'files' -%}
            {%- if target.type != 'duckdb' -%}
                {%- do faults.append('raw_path is read by DuckDB alone: load the tables into a schema and name it in raw_schema') -%}
            {%- else -%}
                {%- set place = source('raw', 'raw_tickets') -%}
                {%- do run_query('create schema if not exists ' ~ place.without_identifier()) -%}
                {%- for thing in raw_things() -%} {%- do faults.extend(raw_file_faults('raw_' ~ thing)) -%} {%- endfor -%}
                {%- for table in policy_tables() -%} {%- do faults.extend(policy_file_faults(table)) -%} {%- endfor -%}
            {%- endif -%}
        {%- elif mode == 'schema' -%}
            {%- for thing in raw_things() -%} {%- do faults.extend(raw_table_faults('raw_' ~ thing)) -%} {%- endfor -%}
        {%- endif -%}
        {%- if faults -%}
            {%- do exceptions.raise_compiler_error('raw inputs: ' ~ faults | join('; ')) -%}
        {%- endif -%}
        {%- if mode == 'files' -%}
            {%- for table in policy_tables() -%} {%- do land_policy(table) -%} {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro check_run_variables() -%}
    {%- set faults = [] -%}
    {%- if var('raw_path', none) and var('raw_schema', none) -%}
        {%- do faults.append('raw_path and raw_schema are both set, and only one of them can be read') -%}
    {%- endif -%}
    {%- if var('as_of', none) is not none -%}
        {%- if run_query('select ' ~ as_of_instant() ~ ' as as_of').columns[0].values()[0] is none -%}
            {%- do faults.append("as_of is '" ~ var('as_of') ~ "', not an instant in ISO 8601") -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(faults) }}
{%- endmacro %}

{% macro raw_file_faults(table) -%}
    {%- set spec = raw_spec(table) -%}
    {%- set files = raw_files(table) -%}
    {%- set faults = [] -%}
    {%- if files['forms'] > 1 -%}
        {%- do faults.append(table ~ ' is there more than once: keep one of ' ~ table ~ '.csv, ' ~ table ~ '.parquet and ' ~ table ~ '/') -%}
    {%- elif files['forms'] == 0 and not spec['meta'].get('optional') -%}
        {%- do faults.append('no ' ~ table ~ '.csv, ' ~ table ~ '.parquet or ' ~ table ~ '/ in ' ~ raw_path()) -%}
    {%- else -%}
        {%- for file in files['csv'] + files['parquet'] -%}
            {%- set header = csv_header(file) if file in files['csv'] else parquet_header(file) -%}
            {%- if header or not spec['meta'].get('optional') -%}
                {%- do faults.extend(column_faults(spec, header, raw_file_name(file))) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(faults) }}
{%- endmacro %}

{% macro raw_table_faults(table) -%}
    {%- set spec = raw_spec(table) -%}
    {%- set relation = load_relation(source('raw', table)) -%}
    {%- set faults = [] -%}
    {%- if relation is not none -%}
        {%- set header = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
        {%- do faults.extend(column_faults(spec, header, relation.schema ~ '.' ~ relation.identifier)) -%}
    {%- elif not spec['meta'].get('optional') -%}
        {%- do faults.append('no table ' ~ table ~ ' in schema ' ~ source('raw', table).schema) -%}
    {%- endif -%}
    {{ return(faults) }}
{%- endmacro %}

{% macro column_faults(spec, header, name) -%}
    {%- set faults = [] -%}
    {%- for column in spec['columns'] -%}
        {%- if column.get('required') and column.name not in header -%}
            {%- do faults.append(name ~ ' has no column ' ~ column.name) -%}
        {%- elif header.count(column.name) > 1 -%}
            {%- do faults.append(name ~ ' has column ' ~ column.name ~ ' more than once') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(faults) }}
{%- endmacro %}
