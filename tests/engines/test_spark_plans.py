"""What is found in plans of Spark, on plans as Spark 4.3 prints them, shortened."""

from __future__ import annotations

import pytest

from .spark_plans import exchanges, faults

PLAN = """== Physical Plan ==
AdaptiveSparkPlan (7)
+- Window (6)
   +- Sort (5)
      +- BroadcastNestedLoopJoin Inner BuildRight (4)
         :- Scan parquet spark_catalog.staging.base_ticket_events (1)
         +- BroadcastExchange (3)
            +- Scan parquet spark_catalog.{table} (2)


(1) Scan parquet spark_catalog.staging.base_ticket_events
Output [2]: [ticket_id#0, event_id#1]

(2) Scan parquet spark_catalog.{table}
Output [1]: [as_of#2]

(3) BroadcastExchange
Input [1]: [as_of#2]
Arguments: IdentityBroadcastMode, [plan_id=49]

(4) BroadcastNestedLoopJoin
Join type: Inner
Join condition: (occurred_at#3 > as_of#2)

(5) Sort
Input [2]: [ticket_id#0, event_id#1]
Arguments: [ticket_id#0 ASC NULLS FIRST], {is_global}, 0

(6) Window
Input [2]: [ticket_id#0, event_id#1]
Arguments: [row_number() windowspecdefinition(ticket_id#0, specifiedwindowframe(RowFrame, unboundedpreceding$())) AS n#4], {window}

(7) AdaptiveSparkPlan
Output [2]: [ticket_id#0, n#4]
Arguments: isFinalPlan=false
"""  # noqa: E501
FINE = {"table": "staging.stg_reporting_window", "is_global": "false", "window": "[ticket_id#0]"}


def test_a_plan_that_gets_through() -> None:
    assert faults(PLAN.format(**FINE)) == []
    assert exchanges(PLAN.format(**FINE)) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"table": "staging.base_tickets"}, "each row is compared with each: (occurred_at#3 > as_of#2)"),
        ({"is_global": "true"}, "sort of all rows"),
        ({"window": "[event_id#1 ASC NULLS FIRST]"}, "window over all rows"),
    ],
)
def test_what_would_not_is_told(change: dict[str, str], told: str) -> None:
    found = faults(PLAN.format(**{**FINE, **change}))
    assert len(found) == 1
    assert found[0].startswith(told)


def test_a_window_with_partition_and_order_is_fine() -> None:
    window = "[ticket_id#0], [event_id#1 ASC NULLS FIRST]"
    assert faults(PLAN.format(**{**FINE, "window": window})) == []


def test_a_product_is_told_as_such() -> None:
    plan = PLAN.replace("BroadcastNestedLoopJoin Inner BuildRight (4)", "CartesianProduct Inner (4)")
    assert faults(plan.format(**FINE)) == ["product of all rows with all rows"]
