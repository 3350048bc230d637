"""The files of a folder of raw tables, read as a build on DuckDB reads them, for engines that cannot."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from service_kpis.errors import UserError
from service_kpis.project import DATABASE_VARIABLE, RAW_PATH_VARIABLE, run_dbt
from service_kpis.raw_layout import entries_of


@contextmanager
def read_raw_files(raw_path: Path, *, project: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """While open, `raw.<table>_files` of each table that the folder has, policies included: columns of text.

    Each row has its `source_file`; `unreadable_line` holds lines that could not be read.

    Args:
        raw_path: the folder.
        project: the folder of the dbt project.

    Raises:
        UserError: no such folder, a file or column that is missing or there twice.
    """
    entries_of(raw_path)
    raw_path = raw_path.resolve()
    with tempfile.TemporaryDirectory(prefix="service-kpis-load-") as folder:
        scratch = Path(folder)
        shutil.copyfile(project / "profiles.yml.example", scratch / "profiles.yml")
        database = scratch / "service_kpis.duckdb"
        run = run_dbt(
            [
                *("run-operation", "land_raw_files"),
                *("--vars", json.dumps({"raw_path": str(raw_path)})),
                *("--profiles-dir", str(scratch), "--target", "duckdb"),
                *("--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs")),
            ],
            project=project,
            environment={DATABASE_VARIABLE: str(database), RAW_PATH_VARIABLE: str(raw_path)},
        )
        if not run.succeeded:
            raise UserError("; ".join(run.errors) or f"the files of {raw_path} cannot be read.")
        with duckdb.connect(str(database), read_only=True) as files:
            yield files


def tables_of(files: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables that were read, by name."""
    found = files.execute(
        "select table_name from information_schema.tables"
        " where table_schema = 'raw' and table_name like '%\\_files' escape '\\' order by table_name"
    ).fetchall()
    return [name.removesuffix("_files") for (name,) in found]


def rows_of(files: duckdb.DuckDBPyConnection, table: str) -> tuple[list[str], str]:
    """The columns of a table and the query of its rows; the last column is `file_row_number`."""
    names = [row[0] for row in files.execute(f"describe raw.{table}_files").fetchall()]
    columns = [name for name in names if name != "file_row_number"]
    # Rows of CSV files are in a table in their order; Parquet files are a view, which has numbers of its own.
    position = "file_row_number" if "file_row_number" in names else "rowid as file_row_number"
    return [*columns, "file_row_number"], f"select {', '.join(columns)}, {position} from raw.{table}_files"
