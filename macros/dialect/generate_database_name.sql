{#- What others may read lives in the database that is published; all else holds personal data and lives, while `service-kpis refresh`
    builds, in a database of its own. An ordinary build has one for all, and Spark has none: schemas are what it calls databases. -#}
{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {%- set schema = node.config.schema if node is not none else none -%}
    {#- Some intermediate models hold nothing personal and are what a fact is a view of. -#}
    {%- set is_published = node is not none and node.config.get('meta', {}).get('published', false) -%}
    {%- if custom_database_name or is_published or schema in ('marts', 'kpis', 'quality') -%}
        {{ return(custom_database_name or target.database or none) }}
    {%- endif -%}
    {{ return(private_database() or target.database or none) }}
{%- endmacro %}

{#- The database of what is not published: its name in a refresh, empty elsewhere. -#}
{% macro private_database() -%}
    {{ return(env_var('SERVICE_KPIS_PRIVATE_DATABASE', '')) }}
{%- endmacro %}
