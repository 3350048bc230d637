{#- An instant that has happened by as_of, else null: what is later has not happened yet. -#}
{% macro known_by(as_of, instant) -%}
    case when {{ instant }} <= {{ as_of }} then {{ instant }} end
{%- endmacro %}
