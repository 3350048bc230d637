"""What every connector ends with: raw tables in a folder, and a report of what was read and written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from service_kpis.errors import UserError
from service_kpis.sql import literal


@dataclass(frozen=True)
class LoadReport:
    """What a connector read and wrote.

    Attributes:
        source: the file that was read.
        out: the folder that the raw tables were written to.
        rows_read: rows of the source, header excluded.
        tables: rows written, by raw table.
        filtered: rows that a filter of the mapping left out, by raw table.
        notes: what the reader should know, one line each (values without a translation, for example).
    """

    source: Path
    out: Path
    rows_read: int
    tables: Mapping[str, int]
    filtered: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The report as lines of text for a terminal."""
        lines = [f"{self.rows_read:,} rows read from {self.source}"]
        for table, rows in self.tables.items():
            left_out = (
                f" ({self.filtered[table]:,} left out by its filter)" if self.filtered.get(table) else ""
            )
            lines.append(f"{rows:>12,}  {table}{left_out}")
        lines.extend(self.notes)
        lines.append(f"Next: dbt build --vars '{{raw_path: {self.out}}}'")
        return lines


def open_database() -> duckdb.DuckDBPyConnection:
    """A database in memory, in UTC, that draws no progress bar of its own into the terminal."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    return connection


def forms_of(table: str, out: Path) -> list[Path]:
    """The files or folders of ``out`` that a build would read a raw table from."""
    return [form for form in (out / f"{table}.csv", out / f"{table}.parquet", out / table) if form.exists()]


def prepare_folder(out: Path, tables: list[str]) -> None:
    """Makes ``out`` and checks that no table would end up there twice.

    Raises:
        UserError: ``out`` is not a folder, or holds one of ``tables`` in another form than Parquet.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file; --out takes a folder.")
    for table in tables:
        for other in forms_of(table, out):
            if other.suffix != ".parquet":
                raise UserError(
                    f"{other} is there already and {table}.parquet beside it would be read twice: "
                    "remove it or choose another --out."
                )
    out.mkdir(parents=True, exist_ok=True)


def write_tables(connection: duckdb.DuckDBPyConnection, tables: list[str], out: Path) -> dict[str, int]:
    """Writes tables of the connection to ``out`` as ``<table>.parquet`` and returns their row counts.

    All are written under another name first, so that a failure half-way leaves what was there before.
    """
    partial = {table: out / f".{table}.parquet.partial" for table in tables}
    try:
        for table, path in partial.items():
            connection.execute(f"copy {table} to {literal(path)} (format parquet, compression zstd)")
        for table, path in partial.items():
            path.replace(out / f"{table}.parquet")
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)
    counts = {}
    for table in tables:
        (counts[table],) = connection.execute(f"select count(*) from {table}").fetchone() or (0,)
    return counts
