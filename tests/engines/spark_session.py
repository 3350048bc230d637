"""A dbt command and, after a build, its tables as Parquet files: one session, as it takes long to start.

Run as ``python -m tests.engines.spark_session <folder> <dbt arguments>``. The catalogue of a session can be
opened by one process only, so that the tests read files.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

SCHEMAS = ("quality", "marts", "kpis")


def write_tables(folder: Path) -> None:
    """What is published as `<schema>.<table>/` each, and all their columns as `columns.json`."""
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    shutil.rmtree(folder, ignore_errors=True)
    columns = []
    for schema in SCHEMAS:
        for table in session.catalog.listTables(schema):
            if table.name.startswith("measures_") or table.isTemporary:
                continue
            rows = session.table(f"{schema}.{table.name}")
            rows.coalesce(1).write.parquet(str(folder / f"{schema}.{table.name}"))
            columns += [(schema, table.name, column) for column in rows.columns]
    (folder / "columns.json").write_text(json.dumps(columns), encoding="utf-8")


def main(folder: Path, arguments: list[str]) -> int:
    """The exit code of the dbt command."""
    if not dbtRunner().invoke(arguments).success:
        return 1
    if "build" in arguments:
        write_tables(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
