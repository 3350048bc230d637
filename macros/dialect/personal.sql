{#- A personal text as marts may show it: its hash, the same for the same text; in clear only where `mask_personal_data` is false. -#}
{% macro masked(expression) -%}
    {{ md5_text(expression) if var('mask_personal_data') else expression }}
{%- endmacro %}

{#- MD5 of a text as 32 hexadecimal digits; null stays null. -#}
{% macro md5_text(expression) -%}
    {{ return(adapter.dispatch('md5_text', 'service_kpis')(expression)) }}
{%- endmacro %}

{% macro default__md5_text(expression) -%}
    md5({{ expression }})
{%- endmacro %}

{#- The delivered values of a raw table's rejected rows, a JSON object: whole, so that they can be put right; in what is published, with
    personal values and lines that could not be read as their hashes. -#}
{% macro shown_raw_values(table) -%}
    {%- if execute and private_database() and var('mask_personal_data') -%}
        {%- set personal = raw_spec(table)['columns'] | selectattr('personal', 'defined') | map(attribute='name') | list -%}
        {{ masked_json('raw_values', personal + ['unreadable_line']) }}
    {%- else -%} raw_values
    {%- endif -%}
{%- endmacro %}

{#- A JSON object, as text, with the values of these names hashed. DuckDB alone publishes files. -#}
{% macro masked_json(json, names) -%}
    {{ return(adapter.dispatch('masked_json', 'service_kpis')(json, names)) }}
{%- endmacro %}

{% macro duckdb__masked_json(json, names) -%}
    cast(json_merge_patch({{ json }}, json_object(
        {%- for name in names %}'{{ name }}', {{ md5_text('json_extract_string(' ~ json ~ ", '$." ~ name ~ "')") }}{{ ', ' if not loop.last }}{% endfor -%}
    )) as varchar)
{%- endmacro %}

{% macro default__masked_json(json, names) -%}
    {%- do exceptions.raise_compiler_error('SERVICE_KPIS_PRIVATE_DATABASE is set, and only the files of DuckDB are published: unset it') -%}
{%- endmacro %}
