"""Warehouses that are each broken in one way, and what the audit says of them on DuckDB."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service_kpis.refresh.audit import Limits, audit, compare, count_rows, read_last
from service_kpis.refresh.database import Database, duckdb_files
from tests.package.small_warehouse import NOW, PERSONAL, PRIVATE, SOUND, TABLES, make_file
from tests.package.test_refresh_audit import OF_ITSELF, OF_THE_LAST

QUESTION: dict[str, Any] = {
    "limits": Limits(max_age_hours=48), "tables": TABLES, "personal": PERSONAL, "now": NOW,
}  # fmt: skip
# A change of the warehouse, and one of the last version: None if there is none.
CHANGES: list[tuple[str, str | None]] = [
    ("", ""),
    *((change, None) for change, _ in OF_ITSELF),
    *((change, last_change) for change, last_change, _ in OF_THE_LAST),
]


@dataclass
class Case:
    """A warehouse in DuckDB files, the last version if there is one, and what is said of it.

    Attributes:
        new: its files, the published and the private one.
        last: that of the last version.
        lines: what the audit says.
        counts: rows, and what is new; None where tables are missing.
    """

    new: list[Path]
    last: list[Path] | None
    lines: list[str]
    counts: tuple | None = None


def case_of(folder: Path, change: str, last_change: str | None) -> Case:
    """The case of two changes by SQL.

    Without what an engine of schemas does not say: those of others are none of its business, and its readers
    may not read rejected rows.
    """
    private = make_file(folder / "private.duckdb", PRIVATE)
    new = make_file(folder / "new.duckdb", SOUND, change)
    last = None if last_change is None else make_file(folder / "last.duckdb", SOUND, last_change)
    before = None
    if last is not None:
        with duckdb_files(last) as database:
            before = read_last(database)
    with duckdb_files(new, private) as database:
        said = audit(database, before, **QUESTION)
        lines = [line for line in said if not line.startswith(("main.", "staging."))]
        lines = [line for line in lines if not line.endswith("in clear")]
        case = Case([new, private], None if last is None else [last], lines)
        if not any("missing" in line for line in said):
            case.counts = (count_rows(database), compare(database, before))
    return case


def assert_said(case: Case, new: Database, before: Any) -> None:
    """Another engine says the same of a case, whose warehouse and last version it has."""
    assert audit(new, before, **QUESTION) == case.lines
    if case.counts is not None:
        assert (count_rows(new), compare(new, before)) == case.counts
