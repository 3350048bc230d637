{#- Share of delivered surveys that were answered; percent. Card: survey_response_rate. -#}
{% macro survey_response_rate(is_counted, is_answered, part='value') -%}
    {{ share(is_counted, is_answered, part) }}
{%- endmacro %}
