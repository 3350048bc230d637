{#- How Spark loads a seed. dbt-spark writes the values into the statement as Python shows them: a null becomes 'None', a quote ends
    the text. Here they are one JSON text, in one insert by one task, so that the table is one file in the order of the seed's rows,
    and `table_position` can tell where a row stands. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set cells = [] -%}
        {%- for value in row -%} {%- do cells.append(value | string if value is not none else none) -%} {%- endfor -%}
        {%- do rows.append(cells) -%}
    {%- endfor -%}
    {%- set values = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- do values.append('cast(cells[' ~ loop.index0 ~ '] as ' ~ seed_column_type(model, agate_table, name) ~ ') as ' ~ name) -%}
    {%- endfor -%}
    {%- set sql -%}
        insert into {{ this }}
        select /*+ coalesce(1) */ {{ values | join(', ') }}
        from (select explode(from_json({{ string_constant(tojson(rows)) }}, 'array<array<string>>')) as cells) as seed_rows
    {%- endset -%}
    {%- if rows -%} {%- do adapter.add_query(sql, abridge_sql_log=True) -%} {%- endif -%}
    {{ return('-- ' ~ rows | length ~ ' rows') }}
{%- endmacro %}

{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set columns = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- do columns.append(name ~ ' ' ~ seed_column_type(model, agate_table, name)) -%}
    {%- endfor -%}
    {%- set sql -%} create table {{ this }} ({{ columns | join(', ') }}) {{ file_format_clause() }} {%- endset -%}
    {%- call statement('_') -%} {{ sql }} {%- endcall -%}
    {{ return(sql) }}
{%- endmacro %}

{#- Seeds name types as PostgreSQL does. -#}
{% macro seed_column_type(model, agate_table, name) -%}
    {%- set position = agate_table.column_names.index(name) -%}
    {%- set type = model['config'].get('column_types', {}).get(name) or adapter.convert_type(agate_table, position) -%}
    {{ return({'text': 'string', 'double precision': 'double'}.get(type, type)) }}
{%- endmacro %}
