{#- Names of types that engines spell differently. -#}
{% macro type_double() -%}
    {{ 'double precision' if target.type == 'postgres' else 'double' }}
{%- endmacro %}

{% macro type_text() -%}
    {{ {'postgres': 'text', 'spark': 'string'}.get(target.type, 'varchar') }}
{%- endmacro %}

{#- A double without the noise of its last digits: what one engine adds up differently from another. -#}
{% macro tidy(expression) -%}
    {{ return(adapter.dispatch('tidy', 'service_kpis')(expression)) }}
{%- endmacro %}

{% macro default__tidy(expression) -%}
    cast(cast({{ expression }} as decimal(38, 9)) as {{ type_double() }})
{%- endmacro %}

{#- Three times as fast; PostgreSQL rounds no doubles to digits. The zero that is added takes the sign off another one: -0.0 is not the
    text, nor the bytes, of 0.0. -#}
{% macro duckdb__tidy(expression) -%}
    round(cast({{ expression }} as double), 9) + 0.0
{%- endmacro %}

{#- The bigint of which one bit is set. -#}
{% macro bit_at(position) -%}
    {%- if target.type == 'spark' -%} shiftleft(cast(1 as bigint), cast({{ position }} as integer))
    {%- else -%} (cast(1 as bigint) << cast({{ position }} as integer))
    {%- endif -%}
{%- endmacro %}

{#- A text as an SQL literal. -#}
{% macro string_constant(text) -%}
    {{ return(dbt.string_literal(dbt.escape_single_quotes(text))) }}
{%- endmacro %}

{#- Spark reads a backslash as the beginning of an escape; dbt-spark leaves those of the text as they are. -#}
{% macro spark__escape_single_quotes(expression) -%}
    {{ expression | replace('\\', '\\\\') | replace("'", "\\'") }}
{%- endmacro %}

{#- A text that is one of a few words, for tables that are read again and again: DuckDB keeps the number of the word instead, which is
    several times as fast to write and to compare. Compare it with these words only; cast it to text where it is published. -#}
{% macro as_word(expression, words) -%}
    {{ return(adapter.dispatch('as_word', 'service_kpis')(expression, words)) }}
{%- endmacro %}

{% macro default__as_word(expression, words) -%}
    cast({{ expression }} as {{ type_text() }})
{%- endmacro %}

{% macro duckdb__as_word(expression, words) -%}
    cast({{ expression }} as enum ('{{ words | join("', '") }}'))
{%- endmacro %}

{#- The same of a text that may be another word: null then. -#}
{% macro known_word(expression, words) -%}
    {{ return(adapter.dispatch('known_word', 'service_kpis')(expression, words)) }}
{%- endmacro %}

{% macro default__known_word(expression, words) -%}
    case when {{ expression }} in ('{{ words | join("', '") }}') then {{ expression }} end
{%- endmacro %}

{% macro duckdb__known_word(expression, words) -%}
    try_cast({{ expression }} as enum ('{{ words | join("', '") }}'))
{%- endmacro %}

{#- What is wrong with the way in which this database compares texts and finds their lower case; empty if it does so as DuckDB and Spark
    do, by bytes and for all letters. Ties would be broken otherwise than elsewhere, and `É` would not be `é`. -#}
{% macro texts_compared_otherwise() -%}
    {{ return(adapter.dispatch('texts_compared_otherwise', 'service_kpis')()) }}
{%- endmacro %}

{% macro default__texts_compared_otherwise() -%}
{%- endmacro %}

{% macro postgres__texts_compared_otherwise() -%}
    {%- set found = run_query(
        "select datlocprovider, datcollate, datctype, pg_encoding_to_char(encoding) from pg_database where datname = current_database()"
    ).rows[0] -%}
    {%- set provider, collation, letters, encoding = found[0], found[1], found[2], found[3] -%}
    {%- set is_by_bytes = provider == 'b' or (
        provider == 'c' and collation | upper in ('C', 'POSIX', 'C.UTF-8', 'C.UTF8') and letters | upper not in ('C', 'POSIX')
    ) -%}
    {%- if encoding != 'UTF8' or not is_by_bytes -%}
        {{ target.database }} has encoding {{ encoding }}, collation {{ collation }} and letters {{ letters }}: make it with template template0
        encoding 'UTF8' locale 'C.UTF-8' (docs/engines.md)
    {%- endif -%}
{%- endmacro %}
