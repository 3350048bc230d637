"""A small company, computed by hand: every figure of the sheets beside this file must come out of a build.

In the sheets an empty cell means null and a dot means not compared. Decimals agree within 1e-6.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

HERE = Path(__file__).resolve().parent
RAW_PATH = HERE / "raw"
VARIABLES = {
    # The end of 30 April in Paris: April is complete, 1 May has not begun.
    "as_of": "2026-04-30T22:00:00Z",
    # The bad rows are there on purpose.
    "max_rejected_share": 1.0,
}
NOT_COMPARED = "."
TOLERANCE = 1e-6

KPI_KEYS = ["kpi_key", "kpi_variant", "period_grain", "period_start_date", "dimension", "member"]
KPI_FIGURES = [
    "numerator",
    "denominator",
    "value",
    "sample_count",
    "immature_count",
    "lower_bound",
    "upper_bound",
]


def read_sheet(name: str) -> list[dict[str, str]]:
    """The rows of a sheet of this folder, as text by column."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_same(expected: str, found: Any) -> bool:
    """Whether a figure found is the one of the sheet: null only equals null, numbers agree within 1e-6."""
    if expected == "":
        return found is None
    if found is None:
        return False
    if isinstance(found, bool):
        return expected == str(found).lower()
    if isinstance(found, str):
        return expected == found
    # Relative beyond one: a sum of sixty thousand minutes cannot be asked for twelve digits more.
    return abs(float(found) - float(expected)) <= TOLERANCE * max(1.0, abs(float(expected)))


def differences(expected: dict[str, str], found: dict[str, Any], columns: list[str]) -> list[str]:
    """One line for each compared column that differs."""
    return [
        f"  {column}: by hand {expected[column] or 'null'}, found {found[column]}"
        for column in columns
        if expected[column] != NOT_COMPARED and not is_same(expected[column], found[column])
    ]


@pytest.fixture(scope="session")
def company(build_warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the warehouse of the company."""
    path = build_warehouse(RAW_PATH, VARIABLES, "company")
    connection = duckdb.connect(str(path), read_only=True)
    connection.execute("set timezone = 'UTC'")
    yield connection
    connection.close()


def rows_by_key(
    connection: duckdb.DuckDBPyConnection, query: str, keys: list[str]
) -> dict[tuple[str, ...], dict[str, Any]]:
    """The rows of a query by their key, as text."""
    result = connection.execute(query)
    columns = [column[0] for column in result.description]
    rows = (dict(zip(columns, row, strict=True)) for row in result.fetchall())
    return {tuple(str(row[key]) for key in keys): row for row in rows}


@pytest.fixture(scope="session")
def kpi_values(company: duckdb.DuckDBPyConnection) -> dict[tuple[str, ...], dict[str, Any]]:
    """The rows of `kpi_values` by their key."""
    return rows_by_key(company, "select * from kpis.kpi_values", KPI_KEYS)


KPI_SHEET = read_sheet("expected.csv")


@pytest.mark.parametrize("kpi_key", sorted({row["kpi_key"] for row in KPI_SHEET}))
def test_kpi_is_as_by_hand(kpi_key: str, kpi_values: dict[tuple[str, ...], dict[str, Any]]) -> None:
    """Every cell of the sheet, KPI by KPI, with the way in which the pencil got it."""
    problems = []
    for expected in (row for row in KPI_SHEET if row["kpi_key"] == kpi_key):
        cell = tuple(expected[key] for key in KPI_KEYS)
        found = kpi_values.get(cell)
        lines = ["  no such row"] if found is None else differences(expected, found, [*KPI_FIGURES])
        if lines:
            problems += [" / ".join(cell[1:]), *lines, f"  by hand: {expected['derivation']}"]
    assert not problems, f"{kpi_key}\n" + "\n".join(problems)


def test_sheet_has_a_figure_of_every_kpi(company: duckdb.DuckDBPyConnection) -> None:
    """No KPI of the catalogue goes without a cell that the pencil filled, and none is in the sheet alone."""
    catalogue = {key for (key,) in company.execute("select kpi_key from kpis.kpi_catalog").fetchall()}
    in_sheet = {row["kpi_key"] for row in KPI_SHEET if row["value"] not in ("", NOT_COMPARED)}
    assert in_sheet == catalogue


TICKET_SHEET = read_sheet("expected_tickets.csv")


@pytest.mark.parametrize("expected", TICKET_SHEET, ids=[row["ticket_id"] for row in TICKET_SHEET])
def test_ticket_is_as_by_hand(expected: dict[str, str], company: duckdb.DuckDBPyConnection) -> None:
    """Minutes, flags and counts of one ticket."""
    found = rows_by_key(company, "select * from marts.fct_tickets", ["ticket_id"]).get(
        (expected["ticket_id"],)
    )
    assert found is not None, "no such ticket"
    columns = [column for column in expected if column not in ("ticket_id", "derivation")]
    problems = differences(expected, found, columns)
    assert not problems, "\n".join([expected["ticket_id"], *problems, f"  by hand: {expected['derivation']}"])


def test_tickets_are_those_of_the_sheet(company: duckdb.DuckDBPyConnection) -> None:
    """No ticket vanishes (unknown customer, no events, out of scope) and none comes early."""
    found = {key for (key,) in company.execute("select ticket_id from marts.fct_tickets").fetchall()}
    assert found == {row["ticket_id"] for row in TICKET_SHEET}


def test_rejected_rows_are_those_of_the_sheet(company: duckdb.DuckDBPyConnection) -> None:
    """Each bad row is kept with the first rule that it breaks, and no good row is rejected."""
    found = company.execute(
        "select raw_table, coalesce(row_key, ''), rule from quality.rejected_rows order by 1, 2, 3"
    ).fetchall()
    sheet = read_sheet("expected_rejected.csv")
    assert found == sorted((row["raw_table"], row["row_key"], row["rule"]) for row in sheet)


RECONCILIATION_SHEET = read_sheet("expected_reconciliation.csv")


@pytest.mark.parametrize(
    "expected", RECONCILIATION_SHEET, ids=[row["raw_table"] for row in RECONCILIATION_SHEET]
)
def test_every_raw_row_is_accounted_for(expected: dict[str, str], company: duckdb.DuckDBPyConnection) -> None:
    """Rows read = accepted + rejected + duplicate + superseded + not yet, table by table."""
    found = rows_by_key(company, "select * from quality.row_reconciliation", ["raw_table"])[
        (expected["raw_table"],)
    ]
    columns = [column for column in expected if column.startswith("rows_")]
    problems = differences(expected, found, columns)
    assert not problems, "\n".join([expected["raw_table"], *problems, f"  by hand: {expected['derivation']}"])
    assert found["rows_read"] == sum(found[column] for column in columns if column != "rows_read")


@pytest.mark.parametrize(
    ("grain", "start", "is_complete"),
    [
        ("month", "2026-04-01", True),
        ("day", "2026-04-30", True),
        ("week", "2026-04-20", True),
        ("week", "2026-04-27", False),
        ("quarter", "2026-01-01", True),
        ("quarter", "2026-04-01", False),
        ("year", "2025-01-01", True),
        ("year", "2026-01-01", False),
    ],
)
def test_period_is_complete_when_it_has_ended(
    grain: str, start: str, is_complete: bool, kpi_values: dict[tuple[str, ...], dict[str, Any]]
) -> None:
    """A period that ends on the second of `as_of` is complete."""
    row = kpi_values["ticket_volume", "standard", grain, start, "overall", "all"]
    assert row["is_complete_period"] is is_complete


@pytest.mark.parametrize(("grain", "start"), [("month", "2026-04-01"), ("quarter", "2026-04-01")])
def test_retention_waits_for_the_end_of_the_period(
    grain: str, start: str, kpi_values: dict[tuple[str, ...], dict[str, Any]]
) -> None:
    """Retention and churn have a row for the complete month and none for the running quarter."""
    for kpi_key in ("customer_retention_rate", "churn_rate_start", "churn_rate_period"):
        is_there = (kpi_key, "standard", grain, start, "overall", "all") in kpi_values
        assert is_there is (grain == "month"), kpi_key


FEBRUARY = ("standard", "month", "2026-02-01", "overall", "all")


def test_money_carries_its_currency(kpi_values: dict[tuple[str, ...], dict[str, Any]]) -> None:
    """The unit of money is the code of the reporting currency, that of a share is percent."""
    assert kpi_values[("fcr_rate", *FEBRUARY)]["unit"] == "percent"
    assert kpi_values[("support_cost", *FEBRUARY)]["unit"] == "EUR"


def test_small_samples_are_marked(kpi_values: dict[tuple[str, ...], dict[str, Any]]) -> None:
    """Thirteen tickets are a small sample; a count never is one."""
    assert kpi_values[("fcr_rate", *FEBRUARY)]["is_small_sample"] is True
    assert kpi_values[("ticket_volume", *FEBRUARY)]["is_small_sample"] is None


def test_knowledge_gap_is_listed(company: duckdb.DuckDBPyConnection) -> None:
    """Warranty: asked in vain by c42 twice and c43 once, last on 24 February 12:00:30; in no week thrice."""
    listed = company.execute(
        "select period_grain, topic, question_count, customer_count, last_asked_at"
        " from kpis.knowledge_gaps order by period_grain"
    ).fetchall()
    last_asked_at = datetime(2026, 2, 24, 11, 0, 30)
    assert listed == [(grain, "warranty", 3, 2, last_asked_at) for grain in ("month", "quarter", "year")]
