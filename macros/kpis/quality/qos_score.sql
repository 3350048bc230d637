{#- Perceived quality: the mean over SERVQUAL dimensions of each one's mean perception.
    One row per dimension. Card: qos_score. -#}
{% macro qos_score(mean_perception, part='value') -%}
    {{ ratio(exact_sum(mean_perception), 'count(' ~ mean_perception ~ ')', is_additive=false, part=part) }}
{%- endmacro %}
