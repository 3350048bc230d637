"""The warehouse against the independent second reading: every row, every column, on random raw data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from . import Row, differences, kpi_values, load
from .scenario import make_scenario

SCENARIOS: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = {
    "defaults_over_autumn_with_bad_rows": (
        2,
        {"bad_rows": True, "unreadable_lines": True, "in_folders": True},
        {},
    ),
    "other_choices_over_spring": (
        5,
        {"has_cost_holes": True, "without": ["raw_contacts", "raw_contact_legs"], "days": 200},
        {
            "fcr_window_days": 3,
            "csat_denominator": "positive_plus_negative",
            "servqual_weights": {"tangibles": 11, "reliability": 32},
            "sla_pause_statuses": ["pending", "on_hold"],
        },
    ),
    "as_of_in_the_midst_of_a_day": (
        4,
        {},
        {
            "as_of": "2025-01-20T10:30:00Z",
            "first_response_stops_on": "human_or_bot",
            "report_timezone": "America/New_York",
            "short_abandon_seconds": 5,
        },
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_cell_agrees(
    name: str,
    tmp_path: Path,
    build_warehouse: Callable[[Path | None, dict[str, Any], str], Path],
) -> None:
    seed, options, variables = SCENARIOS[name]
    folder = make_scenario(seed, 300, folder=tmp_path / "raw", **options)
    raw = load(folder, folder, variables, datetime.now(timezone.utc))

    database = build_warehouse(folder, variables, name)

    columns = [field.name for field in fields(Row)]
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select kpi_key, kpi_variant, period_grain, period_start_date, dimension, member, "
            + ", ".join(columns)
            + " from kpis.kpi_values"
        ).fetchall()
        rejected = connection.execute("select raw_table, row_key from quality.rejected_rows").fetchall()
    actual = {row[:6]: Row(*row[6:]) for row in rows}

    assert Counter(rejected) == Counter((table, key) for table, key, _rule in raw.rejected)
    expected = kpi_values(raw)
    assert len(expected) > 50_000
    wrong = differences(expected, actual)
    assert not wrong, f"{len(wrong)} differences:\n" + "\n".join(wrong[:20])
