{#- Share of delivered surveys that were answered; percent. Card: survey_response_rate. -#}
{% macro survey_response_rate(is_counted, is_answered, part='value') -%}
    {{ ratio(count_if(is_counted ~ ' and ' ~ is_answered), count_if(is_counted), scale=100, part=part) }}
{%- endmacro %}
