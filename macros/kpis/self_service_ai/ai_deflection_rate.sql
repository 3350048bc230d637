{#- Share of requests that needed no person; percent. Card: ai_deflection_rate. -#}
{% macro ai_deflection_rate(is_request, is_deflected, part='value') -%}
    {{ share(is_request, is_deflected, part) }}
{%- endmacro %}
