{#- Number of topics with at least so many unanswered questions. Card: knowledge_gap_count. -#}
{% macro knowledge_gap_count(unanswered_questions, min_questions, part='value') -%}
    {{ total(count_if(unanswered_questions ~ ' >= ' ~ min_questions), part) }}
{%- endmacro %}
