"""Which tables of two warehouses differ, and in which rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

# In the order of the way of the data: what is told first is nearest to the cause.
SCHEMAS = ("quality", "marts", "kpis")
QUALITY_TABLES = ("rejected_rows", "row_reconciliation")
# When a run looked at a row is the run's own business.
RUN_COLUMNS = {
    "judged_at",
    "changed_at",
    "computed_at",
    "built_at",
    "run_started_at",
    "run_id",
    "invocation_id",
}
TOLERANCE = 1e-9
# More rows than these are counted, not paired.
ROWS_AT_MOST = 5_000


@dataclass
class TableDifference:
    """How a table differs: rows that only the one and only the other warehouse has."""

    table: str
    missing: int
    needless: int
    examples: list[str]

    def __str__(self) -> str:
        head = f"{self.table}: {self.missing} rows missing, {self.needless} needless"
        return "\n".join([head, *(f"    {example}" for example in self.examples)])


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict[tuple[str, str], dict[str, str]]:
    """Columns and their types of every table and view that is compared, by schema and name."""
    rows = connection.execute(
        "select table_schema, table_name, column_name, data_type from information_schema.columns "
        "where table_catalog = ? order by table_schema, table_name, ordinal_position",
        [database],
    ).fetchall()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, data_type in rows:
        is_wanted = schema in SCHEMAS and (schema != "quality" or table in QUALITY_TABLES)
        if is_wanted and column not in RUN_COLUMNS:
            found.setdefault((schema, table), {})[column] = data_type
    return found


def is_same(one: Any, other: Any) -> bool:
    """Whether two cells are the same; doubles within 1e-9 of their size."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=1e-12) or (one != one and other != other)
    return one == other


def pair_rows(missing: list[tuple], needless: list[tuple]) -> tuple[list[tuple], list[tuple], list[tuple]]:
    """Rows of both sides that agree within the tolerance are gone; the others, and pairs that are alike."""
    left: list[tuple] = []
    buckets: dict[tuple, list[tuple]] = {}
    for row in needless:
        buckets.setdefault(tuple(cell for cell in row if not isinstance(cell, float)), []).append(row)
    for row in missing:
        bucket = buckets.get(tuple(cell for cell in row if not isinstance(cell, float)), [])
        same = next((other for other in bucket if all(map(is_same, row, other))), None)
        if same is None:
            left.append(row)
        else:
            bucket.remove(same)
    rest = [row for bucket in buckets.values() for row in bucket]
    pairs = []
    for row in left[:40]:
        alike = max(rest, key=lambda other, row=row: sum(map(is_same, row, other)), default=None)
        if alike is not None and sum(map(is_same, row, alike)) * 2 >= len(row):
            pairs.append((row, alike))
    return left, rest, pairs


def describe(columns: list[str], row: tuple, other: tuple) -> str:
    """What a row should be and is: the columns that tell which row, and those that differ."""
    same = [
        f"{name}={cell}"
        for name, cell, cell_b in zip(columns, row, other, strict=True)
        if is_same(cell, cell_b)
    ]
    changes = [
        f"{name}: {cell_b} should be {cell}"
        for name, cell, cell_b in zip(columns, row, other, strict=True)
        if not is_same(cell, cell_b)
    ]
    return f"[{', '.join(same[:7])}] {'; '.join(changes)}"


def whole_row(columns: list[str], row: tuple) -> str:
    """A row as text, without its empty cells."""
    return ", ".join(f"{name}={cell}" for name, cell in zip(columns, row, strict=True) if cell is not None)


def differences(actual: Path, expected: Path, examples: int = 3) -> list[TableDifference]:
    """Every table of marts and kpis, and the rejected rows and the reconciliation, that is not the same."""
    found = []
    with duckdb.connect() as connection:
        for name, path in (("actual", actual), ("expected", expected)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        here, there = tables_of(connection, "actual"), tables_of(connection, "expected")
        for key in sorted(here.keys() | there.keys(), key=lambda key: (SCHEMAS.index(key[0]), key[1])):
            table = ".".join(key)
            if here.get(key) != there.get(key):
                if key in here and key in there:
                    odd = sorted(set(here[key].items()) ^ set(there[key].items()))
                    note = f"columns differ: {odd or 'in their order'}"
                else:
                    note = (
                        f"there is no such table in the {'full build' if key in here else 'incremental one'}"
                    )
                found.append(TableDifference(table, 0, 0, [note]))
                continue
            columns = list(here[key])
            listed = ", ".join(f'"{column}"' for column in columns)
            query = (
                f"select {listed} from {{}}.{table} except all select {listed} from {{}}.{table} "
                f"order by all limit {ROWS_AT_MOST}"
            )
            missing = connection.execute(query.format("expected", "actual")).fetchall()
            needless = connection.execute(query.format("actual", "expected")).fetchall()
            missing, needless, pairs = pair_rows(missing, needless)
            if missing or needless:
                lines = [describe(columns, row, other) for row, other in pairs[:examples]]
                paired = {row for row, _ in pairs} | {other for _, other in pairs}
                for word, rows in (("missing", missing), ("needless", needless)):
                    lone = [row for row in rows if row not in paired][: max(examples - len(lines), 1)]
                    lines += [
                        f"{word}: {whole_row(columns, row)}" for row in lone if len(lines) < 2 * examples
                    ]
                found.append(TableDifference(table, len(missing), len(needless), lines))
    return found
