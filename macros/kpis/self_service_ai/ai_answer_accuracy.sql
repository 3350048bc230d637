{#- Share of the graded answers that were correct; percent. Card: ai_answer_accuracy. -#}
{% macro ai_answer_accuracy(is_graded, is_correct, part='value') -%}
    {{ share(is_graded, is_correct, part) }}
{%- endmacro %}
