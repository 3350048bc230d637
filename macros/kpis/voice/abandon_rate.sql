{#- Share of the calls offered whose caller hung up; percent. Card: abandon_rate. -#}
{% macro abandon_rate(is_offered, is_abandoned, part='value') -%}
    {{ ratio(count_if(is_offered ~ ' and ' ~ is_abandoned), count_if(is_offered), scale=100, part=part) }}
{%- endmacro %}
