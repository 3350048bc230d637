"""Every cell of the published tables is the same on every engine."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.company.test_company import RAW_PATH, VARIABLES
from tests.incremental.company import dated, instant_of, stamp_of
from tests.incremental.plan import plan_of_text
from tests.incremental.test_incremental import busy_ticket
from tests.incremental.warehouse import Warehouse

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


def test_a_run_that_goes_on_gives_what_a_full_build_gives(name: str, start_engine, tmp_path: Path) -> None:
    """New, late, changed and deleted rows: cells are DuckDB's of a build of everything, data tests pass.

    A ticket stands months too early at first: nothing is left where it was.
    """
    engine = start_engine(name)
    plan = plan_of_text("2 / @1 late:17 version:5 children:8 deleted:2 money:1")
    warehouse = Warehouse(tmp_path)
    company = warehouse.company(plan.company)
    warehouse.start(company)
    ticket = company.line("raw_tickets", busy_ticket(company))
    created_at = instant_of(ticket, "raw_tickets")
    assert created_at is not None
    early = dated(ticket, "raw_tickets", created_at - timedelta(days=100))
    warehouse.deliver([("raw_tickets", {**early, "loaded_at": stamp_of(0)})], "early")
    options = ("--exclude-resource-type", "unit_test")
    engine.build(warehouse.raw, {}, "--full-refresh", *options)
    assert {"whole", "tested"} <= engine.events_of_last_build()
    for load_of_day in plan.loads:
        rows = [*warehouse.rows(company, load_of_day), ("raw_tickets", {**ticket, "loaded_at": stamp_of(2)})]
        warehouse.deliver(rows, str(load_of_day))
        engine.build(warehouse.raw, {}, *options)
        events = engine.events_of_last_build()
        assert "whole" not in events, "the run has to go on from the last one"
        assert "tested" in events
    found = differences(engine, DuckDB(warehouse.full_build().parent), tmp_path / "cells")
    assert not found, "\n".join(found)
