{#- An incremental Python model hands its new rows over in a table that dbt means to be temporary, and DuckDB keeps: drop all such of
    this model. For a hook after the transaction: it may be in another database than the model. -#}
{% macro drop_handed_over_rows(relation) -%}
    {%- if execute -%}
        {%- set left = run_query(
            "select table_catalog, table_schema, table_name from information_schema.tables where table_name like '"
            ~ relation.identifier | replace('_', '\\_') ~ "\\_\\_dbt\\_tmp%' escape '\\'"
        ) -%}
        {%- for row in left.rows -%}
            {%- do run_query('drop table ' ~ api.Relation.create(database=row[0], schema=row[1], identifier=row[2])) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
