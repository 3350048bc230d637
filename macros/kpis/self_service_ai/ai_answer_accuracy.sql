{#- Share of the graded answers that were correct; percent. Card: ai_answer_accuracy. -#}
{% macro ai_answer_accuracy(is_graded, is_correct, part='value') -%}
    {{ ratio(count_if(is_graded ~ ' and ' ~ is_correct), count_if(is_graded), scale=100, part=part) }}
{%- endmacro %}
