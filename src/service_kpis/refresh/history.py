"""The run history: a table of what is published, and a journal of the runs that it does not know yet."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

import duckdb

from service_kpis.refresh.database import Database, duckdb_files
from service_kpis.refresh.layout import Warehouse
from service_kpis.refresh.publish import write_file

RUN_HISTORY = "quality.run_history"
MAX_JOURNAL_RUNS = 500


@dataclass(frozen=True)
class RunRecord:
    """One row of ``quality.run_history``; models/quality/run_history.yml says what each column means."""

    version: str
    status: str
    started_at: str
    finished_at: str | None = None
    duration_seconds: float | None = None
    is_incremental: bool | None = None
    rows_read: int | None = None
    rows_rejected: int | None = None
    tests_passed: int | None = None
    tests_warned: int | None = None
    changed_kpi_count: int | None = None
    new_signal_count: int | None = None
    reason: str | None = None


COLUMNS = tuple(field.name for field in fields(RunRecord))


def read_journal(warehouse: Warehouse) -> list[RunRecord]:
    """The runs of the journal, in order; what is no whole line of it is passed over."""
    try:
        lines = warehouse.journal.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            said = json.loads(line)
            found.append(RunRecord(**{name: said[name] for name in COLUMNS if name in said}))
        except (ValueError, TypeError):
            continue
    return found


def write_journal(warehouse: Warehouse, runs: Iterable[RunRecord]) -> None:
    """Replaces the journal by the newest of these runs; of two with one version the later one stays."""
    by_version = {run.version: run for run in runs}
    lines = [json.dumps(asdict(run)) for run in by_version.values()][-MAX_JOURNAL_RUNS:]
    if not lines:
        warehouse.journal.unlink(missing_ok=True)
        return
    write_file(warehouse.journal, "".join(f"{line}\n" for line in lines), mode=0o600)


def add_to_journal(warehouse: Warehouse, *runs: RunRecord) -> None:
    """Adds runs to the journal."""
    if runs:
        write_journal(warehouse, [*read_journal(warehouse), *runs])


def read_history(database: Database) -> list[RunRecord]:
    """The run history that was published, the oldest run first."""
    rows = database.rows(f"select {', '.join(COLUMNS)} from {RUN_HISTORY} order by version")
    return [RunRecord(*(str(cell) if isinstance(cell, datetime) else cell for cell in row)) for row in rows]


def history_of_file(file: Path) -> list[RunRecord]:
    """The run history of a published file; none of a file without the table, or without a file."""
    try:
        with duckdb_files(file) as database:
            return read_history(database)
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.IOException):
        return []


def write_history(database: Database, runs: Iterable[RunRecord]) -> None:
    """Replaces the rows of the run history of what is to be published.

    Args:
        database: the model ``run_history`` has made the table.
        runs: in any order; of two with one version the later one counts.
    """
    by_version = {run.version: run for run in runs}
    database.replace(RUN_HISTORY, COLUMNS, [list(asdict(run).values()) for run in by_version.values()])
