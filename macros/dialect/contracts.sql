{#- Contracts name types as DuckDB and Spark do; dbt puts `string` right by itself, `double` it does not. Every use that dbt
    makes of a contract's types comes after this check. -#}
{% macro postgres__get_assert_columns_equivalent(sql) -%}
    {%- for column in model['columns'].values() if column['data_type'] == 'double' -%}
        {%- do column.update({'data_type': type_double()}) -%}
    {%- endfor -%}
    {{ return(default__get_assert_columns_equivalent(sql)) }}
{%- endmacro %}
