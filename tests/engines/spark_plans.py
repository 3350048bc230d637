"""What in a plan of Spark would not get through with more rows: read from `explain formatted`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# `   :- BroadcastExchange (5)` of the tree, and `(5) BroadcastExchange` with what is said of it below.
_BRANCH = re.compile(r"^([ :+|*-]*)([A-Z]\w*)(.*?) ?\((\d+)\)$", re.MULTILINE)
_DETAILS = re.compile(r"^\((\d+)\) (.*?)(?=^\(\d+\) |\Z)", re.MULTILINE | re.DOTALL)
_ARGUMENTS = re.compile(r"^Arguments: (.*)$", re.MULTILINE)
_TABLE = re.compile(r"spark_catalog\.(\w+)\.(\w+)")

# They stay small whatever comes in: of these all tasks may have a copy.
SMALL = {
    "stg_reporting_window", "dim_periods", "dim_dates", "dim_calendars", "dim_channels", "kpi_catalog",
    "business_hours", "holidays", "kpi_pairs", "kpi_targets", "response_time_bands", "sla_policies",
    "int_sla_targets", "int_business_openings", "fct_cost_periods", "base_agents", "base_costs",
}  # fmt: skip


@dataclass
class Node:
    """A step of a plan: what it is called, what is said of it, and the steps whose rows it takes."""

    kind: str
    details: str
    depth: int
    children: list[Node] = field(default_factory=list)

    def below(self) -> Iterator[Node]:
        """The step itself and all that lead to it."""
        yield self
        for child in self.children:
            yield from child.below()

    @property
    def arguments(self) -> str:
        """What the step is done with; empty where nothing is said."""
        found = _ARGUMENTS.search(self.details)
        return found[1] if found else ""


def steps(plan: str) -> list[Node]:
    """All steps of a plan, each with its children; subqueries are plans of their own, one after the other."""
    details = dict(_DETAILS.findall(plan))
    found: list[Node] = []
    path: list[Node] = []
    for branch in _BRANCH.finditer(plan):
        prefix, kind, _, number = branch.groups()
        if number not in details or details[number].startswith(("Subquery", "Hosting")):
            continue
        node = Node(kind, details[number], len(prefix))
        while path and path[-1].depth >= node.depth:
            path.pop()
        if path:
            path[-1].children.append(node)
        path.append(node)
        found.append(node)
    return found


def faults(plan: str) -> list[str]:
    """Rows that are all compared with each other, and rows that all go to one task, as to be put in order."""
    found = []
    for node in steps(plan):
        if node.kind == "CartesianProduct":
            found.append("product of all rows with all rows")
        elif node.kind == "BroadcastNestedLoopJoin" and not any(map(is_small, node.children)):
            found.append(f"each row is compared with each: {condition(node)}")
        elif node.kind == "Exchange" and "SinglePartition" in node.arguments and not is_small(node):
            found.append("all rows go to one task")
    return found


def is_small(node: Node) -> bool:
    """Whether its rows are few at any size: a limit, a total, or what small tables alone lead to."""
    if node.kind.endswith("Limit"):
        return True
    if node.kind in ("HashAggregate", "SortAggregate", "ObjectHashAggregate") and "Keys: []" in node.details:
        return True
    if node.kind in ("BroadcastExchange", "Exchange", "Project", "Filter") and len(node.children) == 1:
        return is_small(node.children[0])
    leaves = [step for step in node.below() if not step.children]
    return all(
        step.kind in ("OneRowRelation", "LocalTableScan")
        or any(table in SMALL for _, table in _TABLE.findall(step.details))
        for step in leaves
    )


def condition(node: Node) -> str:
    """On what a step joins."""
    found = re.search(r"^Join condition: (.*)$", node.details, re.MULTILINE)
    return found[1][:100] if found else ""
