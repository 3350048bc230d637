{#- What a planner of queries wants to be told, as hooks around every model and seed; nothing where it needs no help. -#}

{#- Before a model: how its query may be planned. -#}
{% macro plan_for_whole_tables() -%}
    {{ return(adapter.dispatch('plan_for_whole_tables', 'service_kpis')()) }}
{%- endmacro %}

{% macro default__plan_for_whole_tables() -%}
{%- endmacro %}

{#- PostgreSQL has no statistics of CTEs. It takes one of 100,000 rows for a single row and joins by nested loops, which then run for
    hours; models read whole tables, for which a hash is right. Until the end of the model's transaction. -#}
{% macro postgres__plan_for_whole_tables() -%}
    set local enable_nestloop = off
{%- endmacro %}

{#- After a model or seed: what is in the new table, for the plans of those that read it. -#}
{% macro gather_statistics() -%}
    {{ return(adapter.dispatch('gather_statistics', 'service_kpis')()) }}
{%- endmacro %}

{% macro default__gather_statistics() -%}
{%- endmacro %}

{% macro postgres__gather_statistics() -%}
    {%- if config.get('materialized') != 'view' -%} analyze {{ this }} {%- endif -%}
{%- endmacro %}
