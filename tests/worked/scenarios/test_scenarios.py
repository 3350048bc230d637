"""The worked examples, from raw rows through a whole build to `kpi_values`.

`raw_rows.py` has the inputs, `expected.csv` the figures. There an empty cell means null, a dot not compared,
and `wrong` lists figures of typical mistakes, which must not come out.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from .raw_rows import EDGE_AS_OF, EDGES, write_examples

HERE = Path(__file__).resolve().parent
NOT_COMPARED = "."
TOLERANCE = 1e-6
KEYS = ["kpi_key", "kpi_variant", "period_grain", "period_start_date", "dimension", "member"]
FIGURES = ["numerator", "denominator", "value", "lower_bound", "upper_bound"]

# Build: its variables and its examples (none: all).
BUILDS: dict[str, tuple[dict[str, Any], list[str] | None]] = {
    "default": ({"as_of": "2026-06-30T22:00:00Z"}, None),
    "other_choices": (
        {
            "as_of": "2026-06-30T22:00:00Z",
            "first_response_stops_on": "human_or_bot",
            "csat_denominator": "positive_plus_negative",
            "short_abandon_seconds": 5,
            "servqual_weights": {
                "tangibles": 11,
                "reliability": 32,
                "responsiveness": 22,
                "assurance": 19,
                "empathy": 16,
            },
            "report_timezone": "UTC",
        },
        ["w04", "w06", "w17", "w20", "w23"],
    ),
    "as_known": ({"as_of": "2026-01-31T23:00:00Z"}, ["w13"]),
    "edges": ({"as_of": EDGE_AS_OF}, [example.__name__ for example in EDGES]),
}

with (HERE / "expected.csv").open(encoding="utf-8", newline="") as sheet:
    EXPECTED = list(csv.DictReader(sheet))

Cells = dict[tuple[str, ...], dict[str, Any]]


@pytest.fixture(scope="session")
def cells_of(build_warehouse, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Cells]:
    """A function that builds one of BUILDS, once, and gives the rows of its `kpi_values` by their key."""
    finished: dict[str, Cells] = {}

    def cells(build: str) -> Cells:
        if build not in finished:
            variables, examples = BUILDS[build]
            raw_path = write_examples(tmp_path_factory.mktemp(f"raw_{build}"), HERE / "policy", examples)
            database = build_warehouse(raw_path, variables, f"scenarios_{build}")
            with duckdb.connect(str(database), read_only=True) as connection:
                query = f"select {', '.join(KEYS + FIGURES)} from kpis.kpi_values"
                rows = connection.execute(query).fetchall()
            finished[build] = {
                tuple(str(cell) for cell in row[: len(KEYS)]): dict(
                    zip(FIGURES, row[len(KEYS) :], strict=True)
                )
                for row in rows
            }
        return finished[build]

    return cells


def is_close(found: Any, expected: str) -> bool:
    """Whether a figure is the one of the sheet; null is equal to null alone."""
    if expected == "" or found is None:
        return expected == "" and found is None
    return abs(float(found) - float(expected)) <= TOLERANCE * max(1.0, abs(float(expected)))


def wrong_figures(text: str) -> dict[str, str]:
    """`mistake=figure; mistake=figure` as a dictionary."""
    pairs = (pair.split("=") for pair in text.split(";") if pair.strip())
    return {name.strip(): figure.strip() for name, figure in pairs}


@pytest.mark.parametrize(
    "row",
    EXPECTED,
    ids=["-".join([row["example"], row["build"], *(row[key] for key in KEYS)]) for row in EXPECTED],
)
def test_worked_example(row: dict[str, str], cells_of: Callable[[str], Cells]) -> None:
    """One figure of one example."""
    cells = cells_of(row["build"])
    found = cells.get(tuple(row[key] for key in KEYS))
    if found is None:
        # Members other than `all` may go without a row where nothing was measured.
        assert row["dimension"] != "overall", "no such row"
        assert row["value"] == "", f"no such row; by hand {row['value']}: {row['derivation']}"
        return
    for mistake, figure in wrong_figures(row["wrong"]).items():
        assert not is_close(found["value"], figure), f"{figure} is the typical mistake: {mistake}"
    problems = [
        f"{name}: by hand {row[name] or 'null'}, found {found[name]}"
        for name in FIGURES
        if row[name] != NOT_COMPARED and not is_close(found[name], row[name])
    ]
    assert not problems, f"{'; '.join(problems)} ({row['derivation']})"
