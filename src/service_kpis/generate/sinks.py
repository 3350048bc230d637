"""Where the rows go: CSV or Parquet files that appear in `out` only when all of them are complete."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType
from typing import Literal

import duckdb

from service_kpis.sql import literal

from ..errors import UserError
from .columns import Column

Format = Literal["csv", "parquet"]


class Sink:
    """Writes raw tables, part by part. Use as a context manager; after an error `out` is as it was.

    out: folder, made if it is missing; tables of an earlier run in the same format are replaced.
    format: `csv`, one file a table; `parquet`, one file a table, or a folder of `part-000.parquet` …
        where a table came in several parts.
    threads: of DuckDB; the bytes do not depend on it.
    Raises UserError if `out` holds raw tables in the other format, which a build could not tell apart.
    """

    def __init__(self, out: Path, format: Format, threads: int | None = None) -> None:
        self._out = out
        self._work = out / ".generating"
        self._format = format
        self._threads = threads
        self._parts: dict[str, list[Path]] = {}
        self.rows: dict[str, int] = {}

    def __enter__(self) -> Sink:
        self._refuse_foreign_files()
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True)
        self._connection = duckdb.connect()
        # The caller tells of progress; DuckDB would draw its own bar over it.
        self._connection.execute("set enable_progress_bar = false")
        if self._threads is not None:
            self._connection.execute(f"set threads = {self._threads}")
        return self

    def add(self, table: str, columns: dict[str, Column]) -> None:
        """Append rows to a table; the first call decides on its columns."""
        parts = self._parts.setdefault(table, [])
        part = self._work / f"{table}-{len(parts):03d}.{self._format}"
        arrays = {}
        fields = []
        for name, column in columns.items():
            names = [f"{name}_{place}" for place in range(len(column.arrays))]
            arrays.update(zip(names, column.arrays, strict=True))
            fields.append(f"{column.sql(names, self._format == 'csv')} as {name}")
        is_first = "true" if not parts else "false"
        options = (
            f"format csv, header {is_first}" if self._format == "csv" else "format parquet, compression zstd"
        )
        # DuckDB finds the arrays by the name of this variable.
        rows = arrays  # noqa: F841
        written = self._connection.execute(
            f"copy (select {', '.join(fields)} from rows) to {literal(part)} ({options})"
        ).fetchall()
        parts.append(part)
        self.rows[table] = self.rows.get(table, 0) + int(written[0][0])

    def __exit__(
        self, error: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()
        if error is None:
            for table, parts in self._parts.items():
                self._publish(table, parts)
        shutil.rmtree(self._work, ignore_errors=True)

    def _publish(self, table: str, parts: list[Path]) -> None:
        if self._format == "csv":
            with parts[0].open("ab") as whole:
                for part in parts[1:]:
                    with part.open("rb") as more:
                        shutil.copyfileobj(more, whole, 1 << 20)
            parts[0].replace(self._out / f"{table}.csv")
            return
        folder, file = self._out / table, self._out / f"{table}.parquet"
        shutil.rmtree(folder, ignore_errors=True)
        file.unlink(missing_ok=True)
        if len(parts) == 1:
            parts[0].replace(file)
            return
        folder.mkdir()
        for number, part in enumerate(parts):
            part.replace(folder / f"part-{number:03d}.parquet")

    def _refuse_foreign_files(self) -> None:
        for path in sorted(self._out.glob("raw_*")):
            if path.is_dir():
                is_ours = self._format == "parquet" and all(p.match("part-*.parquet") for p in path.iterdir())
            else:
                is_ours = path.suffix == f".{self._format}"
            if not is_ours:
                raise UserError(
                    f"{path} is in the way of {self._format} tables: remove it, or choose another folder."
                )
