{#- The `where` of an import: in an incremental run, only rows of touched keys, listed by a model in columns of the keys' names.
    Such a model comes after stg_reporting_window, when it is settled whether the run is an incremental one. -#}
{% macro only_touched(key, touched) -%}
    {#- The reference is made known when models are parsed; a whole build does not need it. -#}
    {%- if not execute -%} {%- do ref(touched) -%} {%- endif -%}
    {#- In a unit test there is no `this` to go on from. -#}
    {%- if this and is_incremental() -%} where {{ is_key_among(key, ref(touched)) }} {%- endif -%}
{%- endmacro %}

{#- Whether a key, a column or a list of columns, is among those of a relation. -#}
{% macro is_key_among(key, relation, condition='true') -%}
    {%- set columns = key if key is string else key | join(', ') -%}
    {{ columns if key is string or key | length == 1 else '(' ~ columns ~ ')' }} in (select {{ columns }} from {{ relation }}
    {{- ' where ' ~ condition if condition != 'true' }})
{%- endmacro %}

{#- Of a row of a base model: did it arrive since the last complete build, in any version, or has one of its instants come to pass? -#}
{% macro is_row_arrived(instants=[]) -%}
    {%- set conditions = [is_judged_since_last_build('judged_at')] -%}
    {%- for instant in instants -%} {%- do conditions.append(is_after_last_as_of(instant)) -%} {%- endfor -%}
    {#- After `where` Spark takes a lone `(false)` for the columns of a table that is called `where`. -#}
    {{ conditions[0] if conditions | length == 1 else '(' ~ conditions | join(' or ') ~ ')' }}
{%- endmacro %}

{#- The same, or did something of its ticket or its customer? -#}
{% macro is_row_touched(instants=[]) -%}
    (
            {{ is_row_arrived(instants) }}
            or {{ is_key_among('ticket_id', ref('int_arrived_tickets')) }}
            or {{ is_key_among('customer_id', ref('base_customers'), is_row_arrived()) }}
        )
{%- endmacro %}
