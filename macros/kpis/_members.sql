{#- Rows with the members that they count for, and their sums over all members in one pass. -#}

{#- Rows with their members, the start of the periods that their `measured_date` lies in, and what percentiles are taken of. -#}
{% macro rows_with_members(rows, dimensions, grains=[], measured=[]) -%}
    select
        given.*
        {%- for grain in grains %},
        {{ period_start(grain, 'given.measured_date') }} as {{ grain }}_start_date
        {%- endfor %}
        {%- for expression in measured %},
        {{ whole_microseconds('given.' ~ expression) }} as measured_{{ loop.index0 }}
        {%- endfor %}
        {%- for dimension, column in dimensions.items() %},
        coalesce(cast(given.{{ column }} as {{ type_text() }}), 'unknown') as member_{{ dimension }}
        {%- endfor %}
    from {{ rows }} as given
{%- endmacro %}

{% macro grouped_sets(period, dimensions, has_overall) -%}
    grouping sets (
        {{ '(' ~ period ~ ')' if has_overall }}
        {%- for dimension in dimensions %}
        {{ ', ' if has_overall or not loop.first }}({{ period }}, member_{{ dimension }})
        {%- endfor %}
    )
{%- endmacro %}

{% macro grouped_member(dimensions) -%}
    case
        {%- for dimension in dimensions %}
        when grouping(member_{{ dimension }}) = 0 then '{{ dimension }}'
        {%- endfor %}
        when true then 'overall'
    end as dimension,
    case
        {%- for dimension in dimensions %}
        when grouping(member_{{ dimension }}) = 0 then member_{{ dimension }}
        {%- endfor %}
        when true then 'all'
    end as member
{%- endmacro %}
