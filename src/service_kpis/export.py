"""Tables as files: every table of a schema, sorted, the same bytes for the same rows."""

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from service_kpis.errors import UserError
from service_kpis.finished import opened
from service_kpis.sql import literal

SCHEMAS = ("kpis", "marts", "quality")
FORMATS = {
    "parquet": "format parquet, compression zstd, row_group_size 122880",
    "csv": "format csv, header, delimiter ','",
}


def export(
    database: Path,
    out: Path,
    *,
    file_format: str = "parquet",
    schemas: Sequence[str] = ("kpis",),
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, int]:
    """Writes each table to ``<out>/<schema>/<table>.<format>``, its rows in the order of its columns.

    Keys come first in every table, so that this is their order. A file is replaced when the new one is whole;
    files of other names stay.

    Args:
        database: a DuckDB file that this project built; opened read-only.
        out: folder to write to; made if it is not there.
        file_format: a key of ``FORMATS``.
        schemas: some of ``SCHEMAS``.
        on_step: told of each table: its number and how many there are.

    Returns:
        Rows written, by ``schema.table``.

    Raises:
        UserError: the file cannot be read, or has no table in these schemas.
    """
    with opened(database) as connection:
        tables = connection.execute(
            """
            select table_schema, table_name
            from information_schema.tables
            where table_catalog = current_database() and list_contains($schemas, table_schema)
            order by all
            """,
            {"schemas": list(schemas)},
        ).fetchall()
        if not tables:
            raise UserError(f"{database} has no table in {', '.join(schemas)}: build it with `dbt build`.")
        # Times are written as UTC, whichever zone the machine is in.
        connection.execute("set TimeZone = 'UTC'")
        written: dict[str, int] = {}
        for number, (schema, table) in enumerate(tables, start=1):
            on_step(number, len(tables))
            written[f"{schema}.{table}"] = _write(connection, schema, table, out, file_format)
    return written


def _write(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, out: Path, file_format: str
) -> int:
    file = out / schema / f"{table}.{file_format}"
    partial = file.with_name(f".{file.name}.partial")
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        count = connection.execute(
            f"copy (select * from {schema}.{table} order by all) to {literal(partial)} "
            f"({FORMATS[file_format]})"
        ).fetchone()
        partial.replace(file)
    except duckdb.IOException as error:
        raise UserError(f"{file} cannot be written: {str(error).splitlines()[0]}.") from error
    finally:
        partial.unlink(missing_ok=True)
    return count[0] if count else 0
