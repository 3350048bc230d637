{#- The texts that a classifier read, as int_text_sentiments has them. dbt runs Python models on DuckDB only: elsewhere
`service-kpis classify` fills a table of that name before a build, and texts that it has not seen stay unclassified. -#}
{% macro classified_texts() -%}
    {{ return(adapter.dispatch('classified_texts', 'service_kpis')()) }}
{%- endmacro %}

{% macro duckdb__classified_texts() -%}
    select * from {{ ref('int_text_sentiments') }}
{%- endmacro %}

{% macro postgres__classified_texts() -%}
    {%- set table = api.Relation.create(
        database=target.database, schema=var('schema_prefix', '') ~ 'intermediate', identifier='int_text_sentiments'
    ) -%}
    {%- if execute and load_relation(table) -%} select * from {{ table }}
    {%- else -%} {{ default__classified_texts() }}
    {%- endif -%}
{%- endmacro %}

{% macro default__classified_texts() -%}
    select
        {%- for column in (
            'text_hash', 'language_code', 'sentiment_label', 'classifier_name', 'classifier_version'
        ) %}
        cast(null as {{ type_text() }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    where 1 = 0
{%- endmacro %}
