{#- Share of the calls offered that were answered within the threshold (service level); percent. Card: answer_rate_within_threshold. -#}
{% macro answer_rate_within_threshold(is_offered, is_answered_in_time, part='value') -%}
    {{ share(is_offered, is_answered_in_time, part) }}
{%- endmacro %}
