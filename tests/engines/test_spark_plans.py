"""What is found in plans of Spark, on plans as Spark 4.3 prints them, shortened."""

from __future__ import annotations

import pytest

from .spark_plans import faults

PLAN = """== Physical Plan ==
AdaptiveSparkPlan (6)
+- Window (5)
   +- Sort (4)
      +- Exchange (3)
         +- {join} (2)
            :- Scan parquet spark_catalog.staging.base_ticket_events (1)
            +- BroadcastExchange (8)
               +- Scan parquet spark_catalog.{table} (7)


(1) Scan parquet spark_catalog.staging.base_ticket_events
Output [2]: [ticket_id#0, event_id#1]

(2) {join}
Join type: Inner
Join condition: (occurred_at#3 > as_of#2)

(3) Exchange
Input [2]: [ticket_id#0, event_id#1]
Arguments: {parts}, ENSURE_REQUIREMENTS, [plan_id=20]

(4) Sort
Input [2]: [ticket_id#0, event_id#1]
Arguments: [ticket_id#0 ASC NULLS FIRST], false, 0

(5) Window
Input [2]: [ticket_id#0, event_id#1]
Arguments: [row_number() windowspecdefinition(ticket_id#0) AS n#4], [ticket_id#0]

(6) AdaptiveSparkPlan
Output [2]: [ticket_id#0, n#4]
Arguments: isFinalPlan=false

(7) Scan parquet spark_catalog.{table}
Output [1]: [as_of#2]

(8) BroadcastExchange
Input [1]: [as_of#2]
Arguments: IdentityBroadcastMode, [plan_id=49]
"""
FINE = {
    "join": "BroadcastNestedLoopJoin Inner BuildRight",
    "table": "staging.stg_reporting_window",
    "parts": "hashpartitioning(ticket_id#0, 2)",
}


def test_a_plan_that_gets_through() -> None:
    assert faults(PLAN.format(**FINE)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"join": "CartesianProduct Inner"}, "product of all rows with all rows"),
        ({"table": "staging.base_tickets"}, "each row is compared with each: (occurred_at#3 > as_of#2)"),
        ({"parts": "SinglePartition"}, "all rows go to one task"),
    ],
)
def test_what_would_not_is_told(change: dict[str, str], told: str) -> None:
    assert faults(PLAN.format(**FINE | change)) == [told]


@pytest.mark.parametrize(("kind", "said"), [("HashAggregate", "Keys: []"), ("LocalLimit", "1")])
def test_few_rows_may_go_to_one_task(kind: str, said: str) -> None:
    plan = PLAN.replace("Join type: Inner", said).format(**FINE | {"join": kind, "parts": "SinglePartition"})
    assert faults(plan) == []
