{#- Share of the calls offered that a person answered; percent. Card: answer_rate. -#}
{% macro answer_rate(is_offered, is_answered, part='value') -%}
    {{ ratio(count_if(is_offered ~ ' and ' ~ is_answered), count_if(is_offered), scale=100, part=part) }}
{%- endmacro %}
