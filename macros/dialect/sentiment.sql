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
    {%- set table = table_of_classify() -%}
    {%- if table -%} select * from {{ table }}
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

{#- The hashes of texts that may have another sentiment than in the last complete build; none in a build of everything. -#}
{% macro texts_classified_anew() -%}
    {{ return(adapter.dispatch('texts_classified_anew', 'service_kpis')()) }}
{%- endmacro %}

{% macro duckdb__texts_classified_anew() -%}
    select text_hash from {{ ref('int_text_sentiments') }}
    where {{ is_judged_since_last_build('classified_at') }}
{%- endmacro %}

{% macro postgres__texts_classified_anew() -%}
    {%- set table = table_of_classify() -%}
    {%- if table -%} select text_hash from {{ table }} where {{ is_judged_since_last_build('classified_at') }}
    {%- else -%} select cast(null as {{ type_text() }}) as text_hash where 1 = 0
    {%- endif -%}
{%- endmacro %}

{#- Where a run asks the classifier, nothing tells what it said in the last one. -#}
{% macro spark__texts_classified_anew() -%}
    select text_hash from {{ ref('int_unlabelled_texts') }}
    where {{ 'true' if execute and not is_whole_build() else 'false' }}
{%- endmacro %}

{#- The table that `service-kpis classify` fills; nothing if there is none. -#}
{% macro table_of_classify() -%}
    {%- set table = api.Relation.create(
        database=target.database, schema=var('schema_prefix', '') ~ 'intermediate', identifier='int_text_sentiments'
    ) -%}
    {{ return(table if execute and load_relation(table) else none) }}
{%- endmacro %}
