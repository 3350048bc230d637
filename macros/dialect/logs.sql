{#- Logs of runs: tables to which models that run side by side add rows. Whose rows they are is in the columns `writer`. -#}

{% macro create_log_table(relation, columns, writer) -%}
    {{ return(adapter.dispatch('create_log_table', 'service_kpis')(relation, columns, writer)) }}
{%- endmacro %}

{% macro default__create_log_table(relation, columns, writer) -%}
    create table if not exists {{ relation }} (
        {%- for name, type in columns.items() -%} {{ name }} {{ type }}{{ ', ' if not loop.last }} {%- endfor -%}
    )
{%- endmacro %}

{% macro spark__create_log_table(relation, columns, writer) -%}
    {{ default__create_log_table(relation, columns, writer) }} partitioned by ({{ writer | join(', ') }})
{%- endmacro %}

{#- The statement that adds the rows of a query to a log. columns: those of the query; writer: {column: text or none}. -#}
{% macro add_to_log(relation, columns, query, writer) -%}
    {{ return(adapter.dispatch('add_to_log', 'service_kpis')(relation, columns, query, writer)) }}
{%- endmacro %}

{% macro default__add_to_log(relation, columns, query, writer) -%}
    insert into {{ relation }} ({{ columns | join(', ') }}) {{ query }}
{%- endmacro %}

{#- Of two `insert into` one table at once the first to end takes the temporary folder of both away. A writer's partition, written
    again with what it had, has a folder of its own. -#}
{% macro spark__add_to_log(relation, columns, query, writer) -%}
    {%- do overwrite_touched_partitions_alone() -%}
    {%- set conditions = [] -%}
    {%- for column, text in writer.items() -%}
        {%- do conditions.append(column ~ (" = '" ~ text ~ "'" if text is not none else ' is null')) -%}
    {%- endfor -%}
    insert overwrite table {{ relation }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }} from {{ relation }}
    where {{ conditions | join(' and ') }}
    union all
    {{ query }}
{%- endmacro %}
