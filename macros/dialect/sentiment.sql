{#- The texts that a classifier read, as int_text_sentiments has them. dbt runs Python models on DuckDB only: elsewhere
there are none, and texts without a label of the source stay unclassified. -#}
{% macro classified_texts() -%}
    {{ return(adapter.dispatch('classified_texts', 'service_kpis')()) }}
{%- endmacro %}

{% macro duckdb__classified_texts() -%}
    select * from {{ ref('int_text_sentiments') }}
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
