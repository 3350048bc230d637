{#- Ease on 1–7 of an answer: an effort question (`ces_v1_effort`) reads the other way round than an agreement one.
    Multiplied before it is divided: 5 and 3 come out exact. -#}
{% macro ces_ease(score, scale_min, scale_max, question_version) -%}
    1 + cast(
        6 * case
            when lower({{ question_version }}) = 'ces_v1_effort' then {{ scale_max }} - {{ score }}
            else {{ score }} - {{ scale_min }}
        end as {{ type_double() }}
    ) / nullif({{ scale_max }} - {{ scale_min }}, 0)
{%- endmacro %}

{#- Whether an answer found it hard, of its ease on 1–7. -#}
{% macro is_high_effort(ease) -%}
    {{ ease }} <= 3
{%- endmacro %}
