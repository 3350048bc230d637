{#- Share of first replies given within a number of business minutes; percent. Card: response_time_bands. -#}
{% macro response_time_bands(minutes, upper_minutes, part='value') -%}
    {{ ratio(count_if(minutes ~ ' <= ' ~ upper_minutes), 'count(' ~ minutes ~ ')', scale=100, part=part) }}
{%- endmacro %}
