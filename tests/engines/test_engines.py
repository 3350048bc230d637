"""Every cell of the published tables is the same on every engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.company.test_company import RAW_PATH, VARIABLES

from .compare import differences
from .engines import ENGINES, DuckDB

pytestmark = pytest.mark.parametrize("name", sorted(ENGINES))


def assert_same(engine, reference: DuckDB, folder: Path) -> None:
    """All tables are compared, and no cell differs; an empty comparison would be none."""
    cells: dict[str, int] = {}
    found = differences(engine, reference, folder, on_table=cells.__setitem__)
    assert not found, "\n".join(found)
    wanted = {
        "quality.rejected_rows", "quality.row_reconciliation",
        "intermediate.int_sla_targets", "intermediate.int_business_openings",
        "marts.fct_tickets", "marts.fct_customer_texts",
        "kpis.kpi_values", "kpis.kpi_scorecard", "kpis.kpi_control_charts", "kpis.kpi_pairs_watch",
    }  # fmt: skip
    assert wanted <= cells.keys()
    assert cells["kpis.kpi_values"] > 10_000


def test_demo_is_the_same(name: str, start_engine, duckdb_of, tmp_path: Path) -> None:
    """All seeds, models, data tests and unit tests pass."""
    engine = start_engine(name)
    reference = duckdb_of(None, {}, "demo")
    printed = engine.build(None, {})
    assert re.search(r"\d+ unit tests", printed), "unit tests run on every engine"
    assert_same(engine, reference, tmp_path)


def test_hand_computed_company_is_the_same(name: str, start_engine, duckdb_of, tmp_path: Path) -> None:
    """Rejected rows, policies of its own, changes of calendars; nothing is left of the demo built before."""
    engine = start_engine(name)
    reference = duckdb_of(RAW_PATH, VARIABLES, "company")
    engine.build(RAW_PATH, VARIABLES, "--exclude-resource-type", "unit_test")
    assert_same(engine, reference, tmp_path)
    assert engine.plan_faults() == []
