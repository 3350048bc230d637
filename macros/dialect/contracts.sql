{#- Contracts name types as DuckDB and Spark do; dbt puts `string` right by itself, `double` it does not. Every use that dbt
    makes of a contract's types comes after this check. -#}
{% macro postgres__get_assert_columns_equivalent(sql) -%}
    {%- for column in model['columns'].values() if column['data_type'] == 'double' -%}
        {%- do column.update({'data_type': type_double()}) -%}
    {%- endfor -%}
    {{ return(default__get_assert_columns_equivalent(sql)) }}
{%- endmacro %}

{#- Spark's tables of Parquet files know no constraints: `not null` is kept while the rows are written. -#}
{% macro spark__get_select_subquery(sql) -%}
    select
        {%- for column in model['columns'].values() %}
        {% if column.get('constraints', []) | selectattr('type', 'equalto', 'not_null') | list -%}
        coalesce({{ column.name }}, raise_error('{{ this.identifier }}: {{ column.name }} is null')) as {{ column.name }}
        {%- else -%} {{ column.name }}
        {%- endif -%}
        {{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {{ sql }}
    ) as model_rows
{%- endmacro %}

{% macro spark__persist_constraints(relation, model) -%}
{%- endmacro %}
