-- Grain: one row per raw table.

with

judged as (

    {% for thing in raw_things() -%}
    select
        'raw_{{ thing }}' as raw_table,
        {{ count_if("verdict = 'accepted'") }} as rows_accepted,
        {{ count_if("verdict = 'rejected'") }} as rows_rejected,
        {{ count_if("verdict = 'duplicate'") }} as rows_duplicate,
        {{ count_if("verdict = 'superseded'") }} as rows_superseded,
        {{ count_if("verdict = 'not_yet'") }} as rows_not_yet

    from {{ ref('base_' ~ thing) }}

    {{ 'union all' if not loop.last }}

    {% endfor %}
),

-- Counted where the rows come from, not by adding up the verdicts: a row that a base model loses or doubles shows.
delivered as (

    {% for thing in raw_things() -%}
    select
        'raw_{{ thing }}' as raw_table,
        count(*) as rows_read

    from {{ raw_rows('raw_' ~ thing) }} as {{ thing }}

    {{ 'union all' if not loop.last }}

    {% endfor %}
),

final as (

    select
        delivered.raw_table,
        delivered.rows_read,
        judged.rows_accepted,
        judged.rows_rejected,
        judged.rows_duplicate,
        judged.rows_superseded,
        judged.rows_not_yet

    from delivered
    left join judged on delivered.raw_table = judged.raw_table

)

select * from final
