"""Which cells of the published tables differ between two engines that built the same input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from .engines import DuckDB, Engine

SCHEMAS = ("quality", "intermediate", "marts", "kpis")
# Of these schemas: what became of the raw rows, and the policies in force, near whose edges few tickets are.
TABLES = {
    "quality": ("rejected_rows", "row_reconciliation"),
    "intermediate": ("int_sla_targets", "int_business_openings"),
}
# Decimals may differ by this much, of their size where they are above one: engines add up in another order.
TOLERANCE = 1e-6


def is_compared(schema: str, table: str) -> bool:
    """Whether a table is: all of marts and kpis are, and some of what stands behind them.

    Measures are compared where they are published, in kpi_values; their fingerprints are an engine's own.
    """
    return schema in SCHEMAS and table in TABLES.get(schema, (table,)) and not table.startswith("measures_")


def published(engine: Engine) -> dict[tuple[str, str], list[str]]:
    """The tables to compare with their columns."""
    return {key: columns for key, columns in engine.columns().items() if is_compared(*key)}


def differences(
    engine: Engine, reference: DuckDB, folder: Path, *, on_table: Callable[[str, int], None] = lambda *_: None
) -> list[str]:
    """What differs from DuckDB, line by line: tables, rows, cells; the first ones of each table.

    on_table is told of each table that was compared and of its cells.
    """
    folder.mkdir(parents=True, exist_ok=True)
    here, there = published(engine), published(reference)
    found = [
        f"{'.'.join(key)}: {engine.name} has no such table" for key in sorted(there.keys() - here.keys())
    ]
    found += [f"{'.'.join(key)}: only {engine.name} has it" for key in sorted(here.keys() - there.keys())]
    for key in sorted(here.keys() & there.keys(), key=lambda key: (SCHEMAS.index(key[0]), key[1])):
        name = ".".join(key)
        if here[key] != there[key]:
            found.append(f"{name}: columns are {here[key]}, not {there[key]}")
            continue
        rows = engine.fetch(*key, here[key], folder / f"{key[1]}_{engine.name}")
        expected = reference.fetch(*key, there[key], folder / f"{key[1]}_{reference.name}")
        lines, cells = table_differences(rows, expected)
        on_table(name, cells)
        found += [f"{name}: {line}" for line in lines]
    return found


def table_differences(rows: str, expected: str, examples: int = 3) -> tuple[list[str], int]:
    """What differs between two DuckDB queries of the same columns, and how many cells were compared.

    Rows belong together that agree in all columns but the decimals, several such in the order of these; null
    is the same as null alone. The rows found may be text: they are read as the types of those expected.
    """
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"create table expected as {expected}")
        connection.execute(f"create table found as from expected limit 0; insert into found {rows}")
        types = {name: kind for name, kind, *_ in connection.execute("describe expected").fetchall()}
        decimals = [name for name, kind in types.items() if kind == "DOUBLE" or kind.startswith("DECIMAL")]
        exact = [name for name in types if name not in decimals]
        occurrence = (
            f"row_number() over (partition by {', '.join(exact)} order by {', '.join(decimals) or '1'})"
        )
        joined = " and ".join(f"found.{name} is not distinct from expected.{name}" for name in exact)
        is_other = [
            f"(found.{name} is null) <> (expected.{name} is null) or abs(found.{name} - expected.{name})"
            f" > {TOLERANCE} * greatest(1, abs(expected.{name}))"
            for name in decimals
        ]
        pairs = (
            f"found.{name} as found_{name}, expected.{name} as expected_{name},"
            f" coalesce({is_odd}, false) as is_other_{name}, "
            for name, is_odd in zip(decimals, is_other, strict=True)
        )
        connection.execute(
            f"""
            create table odd as
            select
                {", ".join(f"coalesce(found.{name}, expected.{name}) as {name}" for name in exact)},
                expected.occurrence is not null as is_expected,
                found.occurrence is not null as is_found,
                {"".join(pairs)}
            from (select *, {occurrence} as occurrence from found) as found
            full outer join (select *, {occurrence} as occurrence from expected) as expected
                on {joined} and found.occurrence = expected.occurrence
            where
                found.occurrence is null or expected.occurrence is null
                or {" or ".join(is_other) or "false"}
            """
        )
        lines = []
        for word, condition in (("missing", "not is_found"), ("needless", "not is_expected")):
            count = connection.execute(f"select count(*) from odd where {condition}").fetchone()[0]
            if count:
                lines.append(f"{count} rows {word}")
                source = "expected" if word == "missing" else "found"
                shown = ", ".join([*exact, *(f"{source}_{name} as {name}" for name in decimals)])
                lines += [
                    f"{word}: {row}"
                    for row in told(
                        connection, f"select {shown} from odd where {condition} order by all limit {examples}"
                    )
                ]
        for name in decimals:
            condition = f"is_found and is_expected and is_other_{name}"
            count = connection.execute(f"select count(*) from odd where {condition}").fetchone()[0]
            if count:
                lines.append(f"{count} cells of {name} differ")
                shown = ", ".join([f"found_{name} as found", f"expected_{name} as expected", *exact])
                lines += told(
                    connection, f"select {shown} from odd where {condition} order by all limit {examples}"
                )
        count = connection.execute("select count(*) from expected").fetchone()[0]
    return lines, count * len(types)


def told(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    """Each row of a query as text, without its empty cells."""
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    return [
        ", ".join(f"{name}={cell}" for name, cell in zip(names, row, strict=True) if cell is not None)
        for row in result.fetchall()
    ]
