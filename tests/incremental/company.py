"""A random scenario cut in two: the rows of the first load, and rows kept back for later ones."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tests.reference.raw import parse_ts
from tests.reference.scenario import make_scenario, text
from tests.reference.schema import TABLES

Line = dict[str, str]

UTC = timezone.utc
# Rows of the first load arrived on three nights, so that some share an instant and some do not.
FIRST_STAMPS = ("2025-12-01T05:00:00Z", "2025-12-02T05:00:00Z", "2025-12-03T05:00:00Z")
TAIL_DAYS = 12
KEPT_BACK_SHARE = 0.04
OPTIONAL_TABLES = [name for name, table in TABLES.items() if table.is_optional]


def instant_of(line: Line, table: str) -> datetime | None:
    """The instant that dates a row; None if there is none, or no readable one."""
    column = TABLES[table].main_instant
    if column == "answered_at" and not line["answered_at"].strip() and "sent_at" in line:
        column = "sent_at"
    try:
        return parse_ts((line.get(column) or "").strip(), "UTC") if column else None
    except ValueError:
        return None


def dated(line: Line, table: str, instant: datetime) -> Line:
    """A copy of a row at another instant, without those that could then run backwards."""
    column = TABLES[table].main_instant
    assert column is not None
    others = {name for pair in TABLES[table].backwards for name in pair} - {column}
    return {**line, **dict.fromkeys(others, ""), column: text(instant)}


def stamp_of(rank: int) -> str:
    """The loaded_at of a later load: the greater the rank, the later, and all after the first load."""
    return (datetime(2025, 12, 10, 5, tzinfo=UTC) + timedelta(days=rank)).strftime("%Y-%m-%dT%H:%M:%SZ")


def key_of(line: Line, table: str) -> tuple[str, ...]:
    """The key of a row as it is read."""
    return tuple(line[column].strip() for column in TABLES[table].key)


@dataclass
class Company:
    """The raw rows of a scenario.

    first: rows of the first load. kept: rows of the same time that come late. tail: rows of the last days.
    broken: good versions of rows whose version in the first load breaks a rule. absent: an optional table
    that the first load does not have. All by table, except `absent`. policy: folder with the policy files.
    """

    seed: int
    folder: Path
    first: dict[str, list[Line]]
    kept: dict[str, list[Line]]
    tail: dict[str, list[Line]]
    broken: dict[str, list[Line]]
    absent: str
    first_instant: datetime
    last_instant: datetime

    def sound(self, table: str) -> list[Line]:
        """The rows of the first load, without those that were made to break a rule."""
        keys = {key_of(line, table) for line in self.broken[table]}
        return [line for line in self.first[table] if key_of(line, table) not in keys]

    def line(self, table: str, key: str) -> Line:
        """A copy of the first good row with a key (parts joined by a bar). KeyError if there is none."""
        for lines in (self.sound(table), self.broken[table], self.kept[table], self.tail[table]):
            for line in lines:
                if "|".join(key_of(line, table)) == key:
                    return dict(line)
        raise KeyError(f"{table}: {key}")


def spoilt(line: Line, table: str, rng: random.Random) -> Line:
    """A copy of a row that breaks a rule of its table."""
    columns = [column for column in TABLES[table].columns if column.is_required and not column.is_key]
    columns += [column for column in TABLES[table].columns if column.kind in ("date", "int", "bool", "ts")]
    column = rng.choice(columns)
    return {**line, column.name: "" if column.is_required and rng.random() < 0.5 else "whatever :-("}


def read_lines(path: Path, table: str) -> list[Line]:
    """The rows of a CSV file, its listed columns alone."""
    names = [column.name for column in TABLES[table].columns]
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: line.get(name) or "" for name in names} for line in csv.DictReader(file)]


def make_company(seed: int, folder: Path, tickets: int = 150, days: int = 75) -> Company:
    """The company of a seed; even seeds have rejected rows, duplicates and versions from the start."""
    make_scenario(seed, tickets, folder=folder, days=days, bad_rows=seed % 2 == 0)
    rng = random.Random(f"company {seed}")
    lines = {table: read_lines(folder / f"{table}.csv", table) for table in TABLES}
    for table_lines in lines.values():
        for line in table_lines:
            line["loaded_at"] = line["loaded_at"] or rng.choice(FIRST_STAMPS)

    instants = [
        instant
        for table, table_lines in lines.items()
        for instant in (instant_of(line, table) for line in table_lines)
        if instant is not None and instant.year < 2090
    ]
    first_instant, last_instant = min(instants), max(instants)
    cut = last_instant - timedelta(days=TAIL_DAYS)
    parts: dict[str, dict[str, list[Line]]] = {
        name: {table: [] for table in TABLES} for name in ("first", "kept", "tail", "broken")
    }
    for table, table_lines in lines.items():
        for line in table_lines:
            instant = instant_of(line, table)
            if instant is not None and cut < instant <= last_instant:
                parts["tail"][table].append(line)
            elif rng.random() < KEPT_BACK_SHARE:
                parts["kept"][table].append(line)
            else:
                parts["first"][table].append(line)
        # Of small tables too something comes late.
        if not parts["kept"][table]:
            first = parts["first"][table]
            parts["kept"][table].append(first.pop(rng.randrange(len(first))))
        for place in rng.sample(range(len(parts["first"][table])), 2):
            good = parts["first"][table][place]
            parts["first"][table][place] = spoilt(good, table, rng)
            parts["broken"][table].append(good)
    # A table that costs depend on is kept back by single rows alone: all costs would be rejected without it.
    absent = rng.choice([table for table in OPTIONAL_TABLES if table != "raw_exchange_rates"])
    return Company(
        seed, folder, **parts, absent=absent, first_instant=first_instant, last_instant=last_instant
    )
