{#- Whether a time keeps its target: an exact hit does. Null without a target or a time. -#}
{% macro is_within_sla(elapsed, target) -%}
    {{ elapsed }} <= {{ target }}
{%- endmacro %}
