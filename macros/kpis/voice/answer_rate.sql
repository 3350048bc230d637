{#- Share of the calls offered that a person answered; percent. Card: answer_rate. -#}
{% macro answer_rate(is_offered, is_answered, part='value') -%}
    {{ share(is_offered, is_answered, part) }}
{%- endmacro %}
