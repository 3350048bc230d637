{#- on-run-start: the role `bi_reader`, where there is one, may read kpis and marts and nothing else, tables yet to be built included. What
    their views read is not granted: a view reads with its owner's rights. What is built under a prefix is nobody's yet: `service-kpis
    refresh` grants it when it publishes. DuckDB has no roles, its files have permissions. -#}
{% macro grant_to_readers() -%}
    {{ return(adapter.dispatch('grant_to_readers', 'service_kpis')()) }}
{%- endmacro %}

{% macro default__grant_to_readers() -%}
{%- endmacro %}

{#- Only an administrator may make a role: docs/engines.md. -#}
{% macro postgres__grant_to_readers() -%}
    {%- if execute and flags.WHICH in ('run', 'build') and not var('schema_prefix', '') -%}
        {%- if run_query("select 1 from pg_roles where rolname = 'bi_reader'").rows -%}
            {%- call statement('transaction', auto_begin=true) -%} select 1 {%- endcall -%}
            {%- for layer in ('kpis', 'marts') -%}
                {%- do run_query('create schema if not exists ' ~ layer) -%}
                {%- do run_query('grant usage on schema ' ~ layer ~ ' to bi_reader') -%}
                {%- do run_query('grant select on all tables in schema ' ~ layer ~ ' to bi_reader') -%}
                {%- do run_query('alter default privileges in schema ' ~ layer ~ ' grant select on tables to bi_reader') -%}
            {%- endfor -%}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
