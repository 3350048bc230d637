"""The managers' questions of analyses/: each has an answer on the demo, and it is the warehouse's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

ANALYSES = Path(__file__).resolve().parents[2] / "analyses"
NAMES = sorted(path.stem for path in ANALYSES.glob("*.sql"))
TOLERANCE = 1e-6

Row = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A column of an analysis that is a KPI of `kpi_values`."""

    column: str
    kpi: str
    variant: str = "standard"


@dataclass(frozen=True)
class Comparison:
    """How the rows of an analysis are found in `kpi_values`: their period, and which column is the member."""

    grain: str
    period_column: str
    dimension: str
    figures: tuple[Figure, ...]


COMPARISONS = {
    "nps_by_segment": Comparison(
        "quarter",
        "quarter_start_date",
        "customer_segment",
        (
            Figure("nps", "nps", "relationship"),
            Figure("nps_promoters_pct", "nps_promoters_pct", "relationship"),
            Figure("nps_passives_pct", "nps_passives_pct", "relationship"),
            Figure("nps_detractors_pct", "nps_detractors_pct", "relationship"),
        ),
    ),
    "first_response_by_channel": Comparison(
        "month",
        "month_start_date",
        "channel",
        (
            Figure("median_business_minutes", "first_response_time", "business_median"),
            Figure("p90_business_minutes", "first_response_time", "business_p90"),
            Figure("first_response_sla_pct", "first_response_sla_pct"),
        ),
    ),
    "fast_teams_and_satisfaction": Comparison(
        "quarter",
        "quarter_start_date",
        "team",
        (
            Figure("first_response_business_minutes", "first_response_time", "business_mean"),
            Figure("csat_satisfied_pct", "csat_satisfied_pct"),
            Figure("reopen_rate", "reopen_rate"),
            Figure("fcr_rate", "fcr_rate"),
        ),
    ),
    "sla_misses_by_priority": Comparison(
        "quarter",
        "quarter_start_date",
        "priority",
        (
            Figure("first_response_sla_pct", "first_response_sla_pct"),
            Figure("resolution_sla_pct", "resolution_sla_pct"),
        ),
    ),
    "backlog_by_channel": Comparison(
        "month",
        "month_start_date",
        "channel",
        (
            Figure("ticket_volume", "ticket_volume"),
            Figure("tickets_resolved", "tickets_resolved"),
            Figure("open_backlog", "open_backlog"),
            Figure("overdue_open_first_response", "overdue_open_first_response"),
            Figure("overdue_open_resolution", "overdue_open_resolution"),
        ),
    ),
    "what_automation_saves": Comparison(
        "quarter",
        "quarter_start_date",
        "overall",
        (
            Figure("automation_cost_savings", "automation_cost_savings"),
            Figure("chatbot_resolution_rate", "chatbot_resolution_rate"),
        ),
    ),
}


@pytest.fixture(scope="session")
def demo(build_warehouse) -> Path:
    """The demo warehouse."""
    return build_warehouse(None, {}, "demo")


def fetch(database: Path, query: str) -> list[Row]:
    """The rows of a query, by column."""
    with duckdb.connect(str(database), read_only=True) as connection:
        result = connection.execute(query)
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def answer(project, database: Path, name: str) -> list[Row]:
    """The rows that an analysis gives."""
    return fetch(database, project.compiled[f"analysis.service_kpis.{name}"])


def warehouse_figures(
    database: Path, comparison: Comparison
) -> dict[tuple[str, str, date, str], float | None]:
    """The values of `kpi_values` by KPI, variant, first day of the period and member."""
    query = f"""
        select kpi_key, kpi_variant, period_start_date, member, value
        from kpis.kpi_values
        where period_grain = '{comparison.grain}' and dimension = '{comparison.dimension}'
    """
    return {tuple(row.values())[:4]: row["value"] for row in fetch(database, query)}


@pytest.mark.parametrize("name", NAMES)
def test_analysis_begins_with_its_question_in_both_languages(name: str) -> None:
    lines = (ANALYSES / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"-- [A-Z].*[^ ]\?", lines[0]), "the first line asks in English"
    assert re.fullmatch(r"-- [A-ZÀÉÊÔŒ].* \?", lines[1]), (
        "the second line asks in French (a space before the ?)"
    )


@pytest.mark.parametrize("name", NAMES)
def test_analysis_uses_the_kpis(name: str, project) -> None:
    node = project.manifest.nodes[f"analysis.service_kpis.{name}"]
    families = {
        macro_id
        for macro_id in node.depends_on.macros
        if re.match(r"macros/kpis/\w+/[^_]", project.manifest.macros[macro_id].original_file_path)
    }
    kpi_tables = [parent for parent in node.depends_on.nodes if parent.split(".")[-1].startswith("kpi_")]
    assert families or kpi_tables, "neither calls a KPI macro nor reads a KPI table"


@pytest.mark.parametrize("name", NAMES)
def test_analysis_answers_on_the_demo(name: str, project, demo: Path) -> None:
    rows = answer(project, demo, name)
    assert rows
    empty = [column for column in rows[0] if all(row[column] is None for row in rows)]
    assert not empty, f"columns without a value: {empty}"


@pytest.mark.parametrize("name", sorted(COMPARISONS))
def test_an_analysts_figure_is_the_warehouses(name: str, project, demo: Path) -> None:
    comparison = COMPARISONS[name]
    values = warehouse_figures(demo, comparison)
    compared = 0
    for row in answer(project, demo, name):
        member = "all" if comparison.dimension == "overall" else row[comparison.dimension]
        for figure in comparison.figures:
            expected = values.get((figure.kpi, figure.variant, row[comparison.period_column], member))
            found = row[figure.column]
            # A member's count of 0 has no row.
            if expected is None:
                assert not found, f"{figure.column} of {row}: the warehouse has none"
                continue
            assert found == pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE), f"{figure.column} of {row}"
            compared += 1
    assert compared >= 2 * len(comparison.figures)


def test_customers_about_to_leave_are_those_that_the_warehouse_counts(project, demo: Path) -> None:
    rows = answer(project, demo, "who_is_about_to_leave")
    values = warehouse_figures(demo, Comparison("month", "", "customer_segment", ()))
    by_segment: dict[str, int] = {}
    for row in rows:
        by_segment[row["customer_segment"]] = by_segment.get(row["customer_segment"], 0) + 1
    month = rows[0]["month_start_date"]
    assert by_segment == {
        member: value
        for (kpi, _, start, member), value in values.items()
        if kpi == "customers_at_risk" and start == month
    }


def test_the_demo_hides_a_team_that_is_fast_at_the_expense_of_satisfaction(project, demo: Path) -> None:
    rows = [
        row
        for row in answer(project, demo, "cost_of_faster")
        if (row["period_grain"], row["dimension"], row["member"]) == ("quarter", "team", "billing")
    ]
    assert [(row["efficiency_kpi"], row["quality_kpi"]) for row in rows] == [
        ("First response time", "CSAT % satisfied")
    ]


def test_the_demo_hides_a_channel_that_is_answered_ever_later(project, demo: Path) -> None:
    minutes = {
        row["month_start_date"]: row["median_business_minutes"]
        for row in answer(project, demo, "first_response_by_channel")
        if row["channel"] == "email"
    }
    # The generator slows e-mail down over the last five months, the first of them hardly.
    last_months = [minutes[date(2026, month, 1)] for month in range(3, 7)]
    year_before = [minutes[date(2025, month, 1)] for month in range(3, 7)]
    assert sum(last_months) > 1.3 * sum(year_before)
