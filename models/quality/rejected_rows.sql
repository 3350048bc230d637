-- Grain: one row per raw row that breaks a rule.

with

rejected as (

    {% for thing in raw_things() -%}
    select
        'raw_{{ thing }}' as raw_table,
        row_key,
        rule,
        {{ shown_raw_values('raw_' ~ thing) }} as raw_values,
        source_file

    from {{ ref('base_' ~ thing) }}
    where verdict = 'rejected'

    {{ 'union all' if not loop.last }}

    {% endfor %}
),

final as (

    select
        raw_table,
        row_key,
        rule,
        raw_values,
        source_file

    from rejected

)

select * from final
