"""Reads what is current until it is told to stop: `python -m tests.faults.reader ROOT STOP_FILE REPORT KIND`.

KIND `short` opens the file for each look; `long` keeps it open as long as the link stays, as dashboards do.
READER_QUERY in the environment, if set, is what they ask instead of the tiny tables.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import duckdb

from tests.faults.tiny import numbers_seen

PAUSE_SECONDS = 0.01


class Reader:
    """One reader and what it saw."""

    def __init__(self, root: Path, is_long: bool):
        self.database = root / "current" / "service_kpis.duckdb"
        self.link = root / "current"
        self.is_long = is_long
        self.query = os.environ.get("READER_QUERY")
        self.looks = 0
        self.errors: list[str] = []
        self.mixed = 0
        self.versions: list[object] = []
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._target = ""

    def look(self) -> None:
        """One look at the figures."""
        if not self.link.is_symlink():
            # Nothing was ever published.
            return
        try:
            seen = self._seen()
        except (duckdb.Error, OSError) as error:
            self.errors.append(str(error))
            self._connection = None
            return
        self.looks += 1
        if len(seen) != 1:
            self.mixed += 1
        elif not self.versions or self.versions[-1] not in seen:
            self.versions.append(next(iter(seen)))

    def _seen(self) -> set[object]:
        if not self.is_long:
            with duckdb.connect(str(self.database), read_only=True) as connection:
                return self._numbers(connection)
        target = str(self.link.readlink())
        if self._connection is None or target != self._target:
            if self._connection is not None:
                self._connection.close()
            self._connection, self._target = duckdb.connect(str(self.database), read_only=True), target
        return self._numbers(self._connection)

    def _numbers(self, connection: duckdb.DuckDBPyConnection) -> set[object]:
        if self.query:
            return {row[0] for row in connection.execute(self.query).fetchall()}
        return set(numbers_seen(connection))


def main() -> None:
    """Look until told to stop, then report."""
    root, stop, report, kind = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    reader = Reader(root, is_long=kind == "long")
    while not stop.exists():
        reader.look()
        report.touch()
        time.sleep(PAUSE_SECONDS)
    found = {
        "looks": reader.looks,
        "errors": reader.errors,
        "mixed": reader.mixed,
        "versions": reader.versions,
    }
    report.write_text(json.dumps(found, default=str), encoding="utf-8")


if __name__ == "__main__":
    main()
