"""Spark: raw files as Parquet files that say of each row where it is from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from service_kpis.raw_files import read_raw_files, rows_of, tables_of
from service_kpis.raw_layout import policy_names, raw_layout
from service_kpis.sql import literal


def load_raw(
    raw_path: Path,
    out: Path,
    *,
    project: Path,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, int]:
    """Writes the raw tables of a folder as `<table>.parquet`: columns of text, in the order of the files.

    Each row has its `source_file` and `file_row_number`, and lines that could not be read are in
    `unreadable_line`, as DuckDB's builds see them. Files of tables that were there give way, also those of a
    table that the folder has no more: a policy that was taken back must not stay in force.

    Args:
        raw_path: the folder; policy files in it are written too.
        out: the folder to write to, made if it is not there.
        project: the folder of the dbt project.
        on_step: told how many tables of how many are done.

    Returns:
        rows by table.

    Raises:
        UserError: no such folder, a file or column that is missing or there twice.
    """
    known = [*raw_layout(project), *policy_names(project)]
    rows = {}
    with read_raw_files(raw_path, project=project) as files:
        out.mkdir(parents=True, exist_ok=True)
        there = tables_of(files)
        for done, table in enumerate(known, 1):
            file = out / f"{table}.parquet"
            if table in there:
                _, query = rows_of(files, table)
                copied = files.execute(f"copy ({query}) to {literal(file)} (format parquet)")
                rows[table] = copied.fetchone()[0]
            else:
                file.unlink(missing_ok=True)
            on_step(done, len(known))
    return rows
