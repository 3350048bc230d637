{#- Share of the calls offered that were answered within the threshold (service level); percent. Card: answer_rate_within_threshold. -#}
{% macro answer_rate_within_threshold(is_offered, is_answered_in_time, part='value') -%}
    {{ ratio(count_if(is_offered ~ ' and ' ~ is_answered_in_time), count_if(is_offered), scale=100, part=part) }}
{%- endmacro %}
