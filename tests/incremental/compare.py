"""Which tables of two warehouses differ, and in which rows."""

from __future__ import annotations

import math
from collections.abc import Iterable
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


def read_tables(database: Path) -> dict[tuple[str, str], tuple[dict[str, str], Any]]:
    """Every table and view that is compared, by schema and name: its columns with their types, and its rows.

    A warehouse is opened under its own name and not attached: its views name their catalogue.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select table_schema, table_name, column_name, data_type from information_schema.columns "
            "where table_catalog = current_database() order by table_schema, table_name, ordinal_position"
        ).fetchall()
        columns: dict[tuple[str, str], dict[str, str]] = {}
        for schema, table, column, data_type in rows:
            is_wanted = schema in SCHEMAS and (schema != "quality" or table in QUALITY_TABLES)
            if is_wanted and column not in RUN_COLUMNS:
                columns.setdefault((schema, table), {})[column] = data_type
        return {
            key: (types, connection.sql(f"select {listed(types)} from {'.'.join(key)}").to_arrow_table())
            for key, types in columns.items()
        }


def listed(columns: Iterable[str]) -> str:
    """Names of columns as SQL."""
    return ", ".join(f'"{column}"' for column in columns)


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
    here, there = read_tables(actual), read_tables(expected)
    with duckdb.connect() as connection:
        for key in sorted(here.keys() | there.keys(), key=lambda key: (SCHEMAS.index(key[0]), key[1])):
            table = ".".join(key)
            if key not in here or key not in there:
                place = "full build" if key in here else "incremental one"
                found.append(TableDifference(table, 0, 0, [f"there is no such table in the {place}"]))
                continue
            (types, actual_rows), (expected_types, expected_rows) = here[key], there[key]
            if list(types.items()) != list(expected_types.items()):
                odd = sorted(set(types.items()) ^ set(expected_types.items()))
                found.append(TableDifference(table, 0, 0, [f"columns differ: {odd or 'in their order'}"]))
                continue
            columns = list(types)
            connection.register("actual", actual_rows)
            connection.register("expected", expected_rows)
            query = f"select * from {{}} except all select * from {{}} order by all limit {ROWS_AT_MOST}"
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
