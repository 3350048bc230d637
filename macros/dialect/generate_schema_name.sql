{#- Schemas are named exactly as the layers on every target; `schema_prefix` keeps several people on one database apart. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ var('schema_prefix', '') ~ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
