{#- The instant at which the run started, UTC, as an SQL literal. -#}
{% macro run_start() -%}
    timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}'
{%- endmacro %}

{#- The same, as a value to compare with in Jinja. -#}
{% macro run_start_instant() -%}
    {{ return(run_started_at.replace(tzinfo=none)) }}
{%- endmacro %}

{#- The instant of the variable as_of, UTC, read as raw instants are; null if it is not set. -#}
{% macro as_of_instant() -%}
    {%- if var('as_of', none) is none -%} cast(null as timestamp)
    {%- else -%} {{ value_of_text('ts', "'" ~ var('as_of') | string | replace("'", "''") | trim ~ "'") }}
    {%- endif -%}
{%- endmacro %}
