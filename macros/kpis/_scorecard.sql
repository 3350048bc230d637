{#- Change from a base: in points for rates and scores, else in percent of the base; null without a base, relative also
    over 0. Relative to the size of the base: a loss that shrinks has risen. -#}
{% macro kpi_change(value, base, unit) -%}
    case
        when {{ unit }} in ('percent', 'points', 'score') then {{ value }} - {{ base }}
        else 100 * ({{ value }} - {{ base }}) / nullif(abs({{ base }}), 0)
    end
{%- endmacro %}

{#- met, near (the warning is kept) or missed, in the direction that is good; null where none is, or without a value. -#}
{% macro kpi_attainment(value, target, warning, good_direction) -%}
    case {{ good_direction }}
        when 'up'
            then
                case
                    when {{ value }} >= {{ target }} then 'met'
                    when {{ value }} >= {{ warning }} then 'near'
                    when {{ value }} < {{ target }} then 'missed'
                end
        when 'down'
            then
                case
                    when {{ value }} <= {{ target }} then 'met'
                    when {{ value }} <= {{ warning }} then 'near'
                    when {{ value }} > {{ target }} then 'missed'
                end
    end
{%- endmacro %}

{#- By how much a figure got better (negative: worse), in the direction that is good; null where none is. -#}
{% macro kpi_improvement(value, base, good_direction) -%}
    case {{ good_direction }}
        when 'up' then {{ value }} - {{ base }}
        when 'down' then {{ base }} - {{ value }}
    end
{%- endmacro %}

{#- What a quotient of sums is multiplied by: the rates are percentages, and the points that can be added up net scores. -#}
{% macro kpi_scale(unit) -%}
    case when {{ unit }} in ('percent', 'points') then 100 else 1 end
{%- endmacro %}
