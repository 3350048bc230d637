{#- Share of the questions asked that were not answered; percent. Card: unanswered_question_rate. -#}
{% macro unanswered_question_rate(question_id, is_answered, part='value') -%}
    {{ ratio(count_if('not (' ~ is_answered ~ ')'), 'count(' ~ question_id ~ ')', scale=100, part=part) }}
{%- endmacro %}
