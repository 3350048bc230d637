{#- dbt asks this for `is_incremental()` and for its incremental models: beside --full-refresh, a run whose definitions are not those of
    the last one builds everything anew. -#}
{% macro should_full_refresh() -%}
    {%- set wanted = config.get('full_refresh') -%}
    {%- if wanted is none -%} {%- set wanted = flags.FULL_REFRESH -%} {%- endif -%}
    {%- if not wanted and config.get('materialized') == 'incremental' -%}
        {%- set wanted = is_whole_build(of_model=model.name if model.name.startswith('base_')) -%}
    {%- endif -%}
    {{ return(wanted) }}
{%- endmacro %}
