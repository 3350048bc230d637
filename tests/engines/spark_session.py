"""A dbt command and, after a build, its tables as Parquet files and its plans, in one session.

Run as ``python -m tests.engines.spark_session <folder> <dbt arguments>``. The catalogue of a session can be
opened by one process only, so that the tests read files.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

from .compare import SCHEMAS, is_compared


def write_tables(folder: Path) -> None:
    """What is compared as `<schema>.<table>/` each, and all their columns as `columns.json`."""
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    shutil.rmtree(folder, ignore_errors=True)
    columns = []
    for schema in SCHEMAS:
        for table in session.catalog.listTables(schema):
            is_wanted = is_compared(schema, table.name) or (schema, table.name) == ("quality", "builds")
            if table.isTemporary or not is_wanted:
                continue
            # Where a row lies is Spark's own; no other engine has a column for it.
            rows = session.table(f"{schema}.{table.name}").drop("partition_date")
            rows.coalesce(1).write.parquet(str(folder / f"{schema}.{table.name}"))
            columns += [(schema, table.name, column) for column in rows.columns]
    (folder / "columns.json").write_text(json.dumps(columns), encoding="utf-8")


def write_plans(compiled: Path, file: Path) -> None:
    """How Spark would run the query of each model, by the model's name."""
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    plans = {}
    for path in sorted(compiled.rglob("*.sql")):
        # A folder of the name of a YAML file has its data tests and, further down, its unit tests.
        if any(folder.suffix == ".yml" for folder in path.parents):
            continue
        query = path.read_text(encoding="utf-8")
        plans[path.stem] = session.sql(f"explain formatted {query}").collect()[0][0]
    file.write_text(json.dumps(plans), encoding="utf-8")


def main(folder: Path, arguments: list[str]) -> int:
    """The exit code of the dbt command."""
    if not dbtRunner().invoke(arguments).success:
        return 1
    if "build" in arguments:
        write_tables(folder)
        target = Path(arguments[arguments.index("--target-path") + 1])
        write_plans(target / "compiled" / "service_kpis" / "models", folder / "plans.json")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
