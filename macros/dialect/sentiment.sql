{#- The texts that a classifier read, as int_text_sentiments has them. dbt runs Python models on DuckDB only. On PostgreSQL
`service-kpis classify` fills a table of that name before a build, and texts that it has not seen stay unclassified; Spark hands the
texts to the classifier itself. -#}
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

{#- Each worker starts the classifier where SERVICE_KPIS_PYTHON says which Python has this package; without it, texts stay unclassified. -#}
{% macro spark__classified_texts() -%}
    {%- set texts = ref('int_unlabelled_texts') -%}
    {%- set python = env_var('SERVICE_KPIS_PYTHON', '') -%}
    {%- if python -%}
    select transform(text_hash, hex(body), hex(language_code))
        using {{ string_constant(python ~ ' -m service_kpis.sentiment_lines') }}
        as (text_hash string, language_code string, sentiment_label string, classifier_name string, classifier_version string)
    from {{ texts }}
    {%- else -%}
        {%- if execute and flags.WHICH in ('run', 'build') -%}
            {%- do log('Texts without a label of the source stay unclassified: SERVICE_KPIS_PYTHON names no Python (docs/engines.md)', info=true) -%}
        {%- endif -%}
        {{ default__classified_texts() }}
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
