{#- A rating as a share of its scale: 0 = worst, 1 = best. -#}
{% macro scale_share(score, scale_min, scale_max) -%}
    cast({{ score }} - {{ scale_min }} as {{ type_double() }}) / nullif({{ scale_max }} - {{ scale_min }}, 0)
{%- endmacro %}

{#- A rating brought to 1–5: 3 on 1–3 is 5. -#}
{% macro csat_score(score, scale_min, scale_max) -%}
    1 + 4 * {{ scale_share(score, scale_min, scale_max) }}
{%- endmacro %}

{#- satisfied, neutral or negative: the upper and the lower quarter of the scale, ends included; null without a score. -#}
{% macro csat_bucket(score, scale_min, scale_max) -%}
    case
        when {{ scale_share(score, scale_min, scale_max) }} >= 0.75 then 'satisfied'
        when {{ scale_share(score, scale_min, scale_max) }} <= 0.25 then 'negative'
        when {{ score }} is not null then 'neutral'
    end
{%- endmacro %}
