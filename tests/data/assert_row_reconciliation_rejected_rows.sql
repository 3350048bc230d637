-- The rejected rows that are counted are the rejected rows that can be looked at.

with

counted as (

    select
        raw_table,
        rows_rejected

    from {{ ref('row_reconciliation') }}

),

kept as (

    select
        raw_table,
        count(*) as kept_rows

    from {{ ref('rejected_rows') }}
    group by raw_table

)

select
    counted.raw_table,
    counted.rows_rejected,
    kept.kept_rows

from counted
left join kept on counted.raw_table = kept.raw_table
where counted.rows_rejected <> coalesce(kept.kept_rows, 0)
