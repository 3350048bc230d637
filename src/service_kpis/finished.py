"""The DuckDB file of a warehouse that was built, for those who read it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from service_kpis.errors import UserError


def opened(database: Path) -> duckdb.DuckDBPyConnection:
    """A connection that only reads.

    Raises:
        UserError: the file is missing, no DuckDB file, or being written.
    """
    if not database.is_file():
        raise UserError(
            f"no database at {database}: build it with `dbt build` (or `make build`), "
            "or name another one with --database."
        )
    try:
        return duckdb.connect(str(database), read_only=True)
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            raise UserError(
                f"{database} is being written by another process: try again when it has ended."
            ) from error
        raise UserError(
            f"{database} cannot be read as a DuckDB file: name another one with --database."
        ) from error
