"""A warehouse of a few rows, published by the functions that publish the real one, many times a minute.

Every table of a version says its number, so that a reader who sees two numbers has seen two versions at once.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb

from service_kpis.refresh import publish
from service_kpis.refresh.layout import (
    DATABASE_FILE,
    PRIVATE_FILE,
    Manifest,
    Warehouse,
    iso,
    now,
    version_name,
)
from service_kpis.refresh.lock import writer_lock

ROWS = 2000
TABLES = ("kpis.kpi_values", "marts.fct_tickets", "quality.run_history")


def build(warehouse: Warehouse, number: int) -> None:
    """Build both databases of a version in the folder for it."""
    warehouse.build.mkdir(mode=0o700)
    for name in (DATABASE_FILE, PRIVATE_FILE):
        with duckdb.connect(str(warehouse.build / name)) as connection:
            for table in TABLES:
                connection.execute(f"create schema {table.split('.')[0]}")
                connection.execute(f"create table {table} as select {number} as number from range({ROWS})")


def publish_one(root: Path, number: int, keep: int = 2) -> str:
    """Publish one more version as a refresh does, after clearing up what another one left; its name."""
    warehouse = Warehouse(root)
    publish.make_folder(root)
    with writer_lock(warehouse.lock, command="refresh"):
        if warehouse.build.exists():
            publish.remove(warehouse, warehouse.build)
        publish.recover(warehouse)
        started = now()
        version = version_name(warehouse, started)
        build(warehouse, number)
        publish.seal(warehouse.build / PRIVATE_FILE, 0o600)
        publish.seal(warehouse.build / DATABASE_FILE, 0o444)
        finished = iso(started + timedelta(milliseconds=1))
        publish.place(warehouse, Manifest(version, started_at=iso(started), finished_at=finished))
        publish.switch(warehouse, version)
        publish.prune(warehouse, keep)
        publish.remove(warehouse, warehouse.build)
    return version


def faults_of(root: Path) -> list[str]:
    """What is wrong with what readers would open now; no word if nothing was published yet."""
    current = root / "current"
    if not current.is_symlink():
        return []
    database = current / DATABASE_FILE
    faults = [f"{file.name} beside the database" for file in current.iterdir() if file.suffix == ".wal"]
    if not (current / "manifest.json").is_file():
        faults.append("no manifest")
    with duckdb.connect(str(database), read_only=True) as connection:
        numbers = numbers_seen(connection)
    return faults + ([] if len(numbers) == 1 else [f"numbers {sorted(numbers)}"])


def numbers_seen(connection: duckdb.DuckDBPyConnection) -> set[int]:
    """The numbers that the tables say; an incomplete table counts as number -1."""
    found: set[int] = set()
    for table in TABLES:
        rows = connection.execute(f"select number, count(*) from {table} group by number").fetchall()
        found.update(number if count == ROWS else -1 for number, count in rows or [(-1, 0)])
    return found
