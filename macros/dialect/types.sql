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

{#- A text as an SQL literal. -#}
{% macro string_constant(text) -%}
    {{ return(dbt.string_literal(dbt.escape_single_quotes(text))) }}
{%- endmacro %}
