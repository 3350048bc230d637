-- Every raw row that was read is accounted for exactly once.

select
    raw_table,
    rows_read,
    rows_accepted,
    rows_rejected,
    rows_duplicate,
    rows_superseded,
    rows_not_yet

from {{ ref('row_reconciliation') }}
where
    rows_accepted is null
    or rows_read <> rows_accepted + rows_rejected + rows_duplicate + rows_superseded + rows_not_yet
