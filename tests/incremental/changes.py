"""What a later load may bring. Each kind of change turns dice into rows: the same dice give the same rows."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tests.reference.schema import TABLES, Column

from .company import Company, Line, dated, instant_of, key_of, spoilt, stamp_of

Delivery = list[tuple[str, Line]]

# Where much hangs on a row, a change is more telling.
WEIGHTS = {
    "raw_tickets": 5,
    "raw_ticket_events": 5,
    "raw_survey_responses": 3,
    "raw_customers": 2,
    "raw_agents": 2,
    "raw_contacts": 2,
    "raw_contact_legs": 2,
}
SHIFTS = (
    timedelta(seconds=1),
    timedelta(minutes=40),
    timedelta(hours=5),
    timedelta(days=1),
    timedelta(days=8),
    timedelta(days=40),
    timedelta(days=200),
)
UNREADABLE = "unreadable line"


@dataclass
class Dice:
    """The company, the dice of one change, and the loaded_at of the load that it is part of."""

    company: Company
    rng: random.Random
    stamp: str

    def table(self, tables: list[str] | None = None) -> str:
        """One table, by weight."""
        names = tables or list(TABLES)
        return self.rng.choices(names, [WEIGHTS.get(name, 1) for name in names])[0]

    def known(self, table: str) -> Line:
        """A copy of one row of the first load, its loaded_at as it was then."""
        return dict(self.rng.choice(self.company.first[table]))

    def other_value(self, table: str, column: Column, line: Line) -> str:
        """Another value of a column: one that another row has, or none."""
        values = {other[column.name] for other in self.company.first[table]} - {line[column.name]}
        if not column.is_required:
            values.add("")
        return self.rng.choice(sorted(values)) if values else line[column.name]

    def altered(self, table: str) -> Line:
        """A known row of which one or two columns are otherwise."""
        line = self.known(table)
        columns = [
            column for column in TABLES[table].columns if not column.is_key and column.name != "loaded_at"
        ]
        for column in self.rng.sample(columns, min(len(columns), self.rng.choice((1, 1, 2)))):
            line[column.name] = self.other_value(table, column, line)
        return line

    def stamped(self, table: str, lines: list[Line]) -> Delivery:
        """Rows as this load delivers them."""
        return [(table, {**line, "loaded_at": self.stamp}) for line in lines]


def late(dice: Dice) -> Delivery:
    """A few rows of one table that the first load should have had."""
    table = dice.table()
    lines = dice.company.kept[table]
    return dice.stamped(table, dice.rng.sample(lines, min(len(lines), dice.rng.choice((1, 1, 2, 6)))))


def early(dice: Dice) -> Delivery:
    """One row of the last days, without what happened before it."""
    table = dice.table([name for name, lines in dice.company.tail.items() if lines])
    return dice.stamped(table, [dice.rng.choice(dice.company.tail[table])])


def days(dice: Dice) -> Delivery:
    """All rows of the last days up to an instant, of every table or of all but one."""
    until = dice.company.last_instant - timedelta(hours=dice.rng.randrange(12 * 24))
    without = dice.rng.choice([None, *TABLES])
    return [
        row
        for table, lines in dice.company.tail.items()
        if table != without
        for row in dice.stamped(table, [line for line in lines if instant_of(line, table) <= until])
    ]


def children(dice: Dice) -> Delivery:
    """All that was kept back about one ticket, but not the ticket itself."""
    tables = [
        name for name, one in TABLES.items() if any(column.name == "ticket_id" for column in one.columns)
    ]
    tables.remove("raw_tickets")
    kept = {name: dice.company.kept[name] + dice.company.tail[name] for name in tables}
    ticket_id = dice.rng.choice(kept["raw_ticket_events"])["ticket_id"]
    return [
        row
        for name, lines in kept.items()
        for row in dice.stamped(name, [line for line in lines if line["ticket_id"] == ticket_id])
    ]


def parent(dice: Dice) -> Delivery:
    """A ticket whose events are long there."""
    return dice.stamped("raw_tickets", [dice.rng.choice(dice.company.kept["raw_tickets"])])


def table(dice: Dice) -> Delivery:
    """The optional table that was not there at all."""
    absent = dice.company.absent
    return dice.stamped(absent, dice.company.first[absent])


def again(dice: Dice) -> Delivery:
    """Rows delivered once more, unchanged but for the instant of loading."""
    name = dice.table()
    return dice.stamped(name, [dice.known(name) for _ in range(3)])


def twin(dice: Dice) -> Delivery:
    """A row delivered once more, its loaded_at unchanged too: an exact duplicate."""
    name = dice.table()
    return [(name, dice.known(name))]


def rival(dice: Dice) -> Delivery:
    """Another row of the same key and the same loaded_at: one of the two is rejected, by name of file."""
    name = dice.table()
    return [(name, dice.altered(name))]


def version(dice: Dice) -> Delivery:
    """A newer version."""
    name = dice.table()
    return dice.stamped(name, [dice.altered(name)])


def older(dice: Dice) -> Delivery:
    """A version that was loaded before the one that is known."""
    name = dice.table()
    loaded_at = dice.rng.choice(["2025-11-01T05:00:00Z"] * 5 + [""])
    return [(name, {**dice.altered(name), "loaded_at": loaded_at})]


def updated(dice: Dice) -> Delivery:
    """A newer version of a ticket whose updated_at is the same, lower, higher or empty."""
    line = dice.altered("raw_tickets")
    line["updated_at"] = dice.rng.choice(
        ["", "2025-06-01T00:00:00Z", "2020-01-01T00:00:00Z", line["updated_at"]]
    )
    return dice.stamped("raw_tickets", [line])


def redated(dice: Dice) -> Delivery:
    """A version that happened at another time: before the first day, or later, but not after the last."""
    name = dice.table([name for name, table in TABLES.items() if table.main_instant])
    line = dice.known(name)
    if dice.rng.random() < 0.2:
        line = max(
            dice.company.first[name], key=lambda row: instant_of(row, name) or dice.company.first_instant
        )
        line = dict(line)
    instant = instant_of(line, name)
    if instant is None or instant > dice.company.last_instant:
        return dice.stamped(name, [line])
    shift = dice.rng.choice(SHIFTS) * dice.rng.choice((-1, 1))
    return dice.stamped(name, [dated(line, name, min(instant + shift, dice.company.last_instant))])


def deleted(dice: Dice) -> Delivery:
    """A ticket that is deleted, spam, a test or merged from now on."""
    line = dice.known("raw_tickets")
    column = dice.rng.choice(("is_deleted", "is_deleted", "is_spam", "is_test", "merged_into_ticket_id"))
    line[column] = "t0002" if column == "merged_into_ticket_id" else "true"
    return dice.stamped("raw_tickets", [line])


def copied(dice: Dice) -> Delivery:
    """A new row, much like one that is known: in the same second, or some time later."""
    name = dice.table([name for name in TABLES if TABLES[name].key != ("currency_code", "rate_month")])
    line = dice.altered(name)
    line[TABLES[name].key[0]] = f"new{dice.rng.randrange(1000)}"
    instant = instant_of(line, name)
    if instant is not None and instant < dice.company.last_instant and dice.rng.random() < 0.5:
        line = dated(line, name, min(instant + dice.rng.choice(SHIFTS), dice.company.last_instant))
    return dice.stamped(name, [line])


def broken(dice: Dice) -> Delivery:
    """A newer version that is rejected: the older one stays."""
    name = dice.table()
    return dice.stamped(name, [spoilt(dice.known(name), name, dice.rng)])


def mended(dice: Dice) -> Delivery:
    """The good version of a row that was rejected."""
    name = dice.table([name for name in TABLES if dice.company.broken[name]])
    return dice.stamped(name, [dice.rng.choice(dice.company.broken[name])])


def unreadable(dice: Dice) -> Delivery:
    """A line that cannot be split into columns."""
    return [(dice.table(), {UNREADABLE: f"{dice.rng.randrange(1000)}" + ",x" * 40})]


def money(dice: Dice) -> Delivery:
    """A rate or a cost that comes late or changes; without its rate a cost is rejected."""
    name = dice.rng.choice(("raw_exchange_rates", "raw_costs"))
    if dice.rng.random() < 0.5:
        return dice.stamped(name, [dice.rng.choice(dice.company.kept[name])])
    return dice.stamped(name, [dice.altered(name)])


KINDS: dict[str, Callable[[Dice], Delivery]] = {
    kind.__name__: kind
    for kind in (
        late,
        early,
        days,
        children,
        parent,
        table,
        again,
        twin,
        rival,
        version,
        older,
        updated,
        redated,
        deleted,
        copied,
        broken,
        mended,
        unreadable,
        money,
    )
}

# After these a run may build everything anew, and then no longer tells what it would have missed: less often.
SELDOM = {"twin", "rival"}


def rows_of(company: Company, kind: str, dice: int, rank: int) -> Delivery:
    """The rows of one change in a load whose loaded_at has a rank."""
    return KINDS[kind](Dice(company, random.Random(f"{kind} {dice}"), stamp_of(rank)))


def versions_of(company: Company, table: str, key: str, rank: int, **values: str) -> Delivery:
    """A version of a row by key with other values: for changes that are written by hand."""
    line = {**company.line(table, key), **values, "loaded_at": stamp_of(rank)}
    assert "|".join(key_of(line, table)) == key or values.keys() & set(TABLES[table].key)
    return [(table, line)]
