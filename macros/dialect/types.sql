{#- Names of types that engines spell differently. -#}
{% macro type_double() -%}
    {{ 'double precision' if target.type == 'postgres' else 'double' }}
{%- endmacro %}

{% macro type_text() -%}
    {{ {'postgres': 'text', 'spark': 'string'}.get(target.type, 'varchar') }}
{%- endmacro %}

{#- A double without the noise of its last digits: what one engine adds up differently from another. -#}
{% macro tidy(expression) -%}
    cast(cast({{ expression }} as decimal(38, 9)) as {{ type_double() }})
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
