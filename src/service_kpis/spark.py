"""Spark: raw files as Parquet files that say of each row where it is from."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from service_kpis.errors import UserError
from service_kpis.postgres import read_files


def load_raw(raw_path: Path, to: Path, *, project: Path) -> dict[str, int]:
    """Writes the raw tables of a folder as `<table>.parquet`: columns of text, in the order of the files.

    Each row has its `source_file` and `file_row_number`, and lines that could not be read are in
    `unreadable_line`, as DuckDB's builds see them. Files of such names that were there give way.

    Args:
        raw_path: the folder; policy files in it are written too.
        to: the folder to write to, made if it is not there.
        project: the folder of the dbt project.

    Returns:
        rows by table.

    Raises:
        UserError: no such folder, a file or column that is missing or there twice.
    """
    if not raw_path.is_dir():
        raise UserError(
            f"no folder at {raw_path}: --raw-path takes the folder that holds raw_tickets.csv and the others."
        )
    to.mkdir(parents=True, exist_ok=True)
    rows = {}
    with tempfile.TemporaryDirectory(prefix="load-spark-") as scratch:
        database = read_files(raw_path.resolve(), project, Path(scratch))
        with duckdb.connect(str(database), read_only=True) as files:
            found = files.execute(
                "select table_name from information_schema.tables"
                " where table_schema = 'raw' and table_name like '%\\_files' escape '\\' order by table_name"
            ).fetchall()
            for (name,) in found:
                columns = [row[0] for row in files.execute(f"describe raw.{name}").fetchall()]
                # Rows of CSV files are in a table in their order; Parquet files have numbers of their own.
                position = "" if "file_row_number" in columns else ", rowid as file_row_number"
                table = name.removesuffix("_files")
                file = str(to / f"{table}.parquet").replace("'", "''")
                written = files.execute(
                    f"copy (select *{position} from raw.{name}) to '{file}' (format parquet)"
                )
                rows[table] = written.fetchone()[0]
    return rows
