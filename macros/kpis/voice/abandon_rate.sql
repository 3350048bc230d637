{#- Share of the calls offered whose caller hung up; percent. Card: abandon_rate. -#}
{% macro abandon_rate(is_offered, is_abandoned, part='value') -%}
    {{ share(is_offered, is_abandoned, part) }}
{%- endmacro %}
