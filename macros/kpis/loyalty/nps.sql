{#- Net Promoter Score: promoters less detractors, over all who answered. -100 to 100. Card: nps. -#}
{% macro nps(score, part='value') -%}
    {{ ratio(
        nps_count(score, 'promoter') ~ ' - ' ~ nps_count(score, 'detractor'), 'count(' ~ score ~ ')', scale=100, part=part
    ) }}
{%- endmacro %}

{#- Sum of squares of the terms +1, 0, -1 that NPS averages: promoters and detractors together. -#}
{% macro nps_squares(score) -%}
    {{ nps_count(score, 'promoter') }} + {{ nps_count(score, 'detractor') }}
{%- endmacro %}

{#- Number of answers in a bucket. -#}
{% macro nps_count(score, bucket) -%}
    {{ count_if(nps_bucket(score) ~ " = '" ~ bucket ~ "'") }}
{%- endmacro %}

{#- promoter (9–10), passive (7–8) or detractor (0–6); null without a score. -#}
{% macro nps_bucket(score) -%}
    case
        when {{ score }} >= 9 then 'promoter'
        when {{ score }} <= 6 then 'detractor'
        when {{ score }} is not null then 'passive'
    end
{%- endmacro %}
