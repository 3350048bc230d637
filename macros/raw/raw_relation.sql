{#- Where the raw rows come from: 'seeds' (the demo), 'files' (raw_path) or 'schema' (raw_schema). -#}
{% macro raw_mode() -%}
    {%- if var('raw_schema', none) -%} {{ return('schema') }}
    {%- elif raw_path() -%} {{ return('files') }}
    {%- else -%} {{ return('seeds') }}
    {%- endif -%}
{%- endmacro %}

{#- The folder of raw files, without a trailing slash; empty if there is none. -#}
{% macro raw_path() -%}
    {%- set path = (var('raw_path', none) or env_var('SERVICE_KPIS_RAW_PATH', '')) | string -%}
    {{ return(path.rstrip('/') or path) }}
{%- endmacro %}

{#- The relation that a raw table is read from. Files are read into `<table>_files` by `land_raw`, a name of their own, so that the
    demo's seed can take its place again in the same database. -#}
{% macro raw_relation(table) -%}
    {%- set mode = raw_mode() -%}
    {%- if mode == 'seeds' -%} {{ return(ref(table)) }} {%- endif -%}
    {%- set relation = source('raw', table) -%}
    {%- if mode == 'schema' -%} {{ return(relation) }} {%- endif -%}
    {{ return(api.Relation.create(database=relation.database, schema=relation.schema, identifier=table ~ '_files')) }}
{%- endmacro %}

{#- What raw rows are selected from; of an optional table that a schema does not have, no rows. -#}
{% macro raw_rows(table) -%}
    {%- set relation = raw_relation(table) -%}
    {%- if execute and raw_mode() == 'schema' and load_relation(relation) is none -%}
        {%- set columns = raw_spec(table)['columns'] | map(attribute='name') | join(', cast(null as ' ~ type_text() ~ ') as ') -%}
        (select cast(null as {{ type_text() }}) as {{ columns }} where 1 = 0)
    {%- else -%} {{ relation }}
    {%- endif -%}
{%- endmacro %}
