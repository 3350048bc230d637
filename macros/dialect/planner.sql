{#- What a planner of queries wants to be told, as hooks around every model and seed; nothing where it needs no help. -#}

{#- Before a model: how its query may be planned. -#}
{% macro plan_for_whole_tables() -%}
    {{ return(adapter.dispatch('plan_for_whole_tables', 'service_kpis')()) }}
{%- endmacro %}

{% macro default__plan_for_whole_tables() -%}
{%- endmacro %}

{#- Until the end of the model's transaction. -#}
{% macro postgres__plan_for_whole_tables() -%}
    {{ hash_joins_only('set local') }}
{%- endmacro %}

{#- PostgreSQL has no statistics of CTEs. It takes one of 100,000 rows for a single row and joins by nested loops, or merges by the
    first of several keys and compares the others row by row: hours of either. Models and tests read whole tables, for which a hash
    of all keys is right. -#}
{% macro hash_joins_only(set) -%}
    {{ set }} enable_nestloop = off; {{ set }} enable_mergejoin = off
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

{#- Data tests have no hooks. The setting stays for what the connection does next, which is other tests and models. -#}
{% macro postgres__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    {{ hash_joins_only('set') }};
    {{ default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) }}
{%- endmacro %}
