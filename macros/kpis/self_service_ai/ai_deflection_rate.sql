{#- Share of requests that needed no person; percent. Card: ai_deflection_rate. -#}
{% macro ai_deflection_rate(is_request, is_deflected, part='value') -%}
    {{ ratio(count_if(is_request ~ ' and ' ~ is_deflected), count_if(is_request), scale=100, part=part) }}
{%- endmacro %}
