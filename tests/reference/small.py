"""A small company written by hand: a few lines of Python become a folder of raw CSV files.

Instants without `Z` are Paris wall-clock times. Desk: Monday to Friday 09:00-18:00, calendar `fr`; `always`
never closes.
"""

from __future__ import annotations

import csv
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from . import kpi_values, load
from .raw import Raw
from .schema import TABLES
from .sheet import Key, Row

RUN_STARTED_AT = datetime(2030, 1, 1, tzinfo=timezone.utc)


def _text(value: Any) -> str:
    return "" if value is None else ("true" if value else "false") if isinstance(value, bool) else str(value)


class Small:
    """Collects rows, writes them, and computes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self.policy: dict[str, list[dict[str, Any]]] = {
            "business_hours": [],
            "holidays": [],
            "sla_policies": [],
            "response_time_bands": [],
        }
        for weekday in range(1, 8):
            if weekday < 6:
                self.hours("fr", weekday, "09:00", "18:00")
            self.hours("always", weekday, "00:00", "24:00")

    def hours(self, calendar_id: str, weekday: int, opens_at: str, closes_at: str) -> None:
        """One opening interval in Europe/Paris."""
        self.policy["business_hours"].append(
            {
                "calendar_id": calendar_id,
                "iso_weekday": weekday,
                "opens_at": opens_at,
                "closes_at": closes_at,
                "timezone": "Europe/Paris",
                "valid_from": "",
                "valid_to": "",
            }
        )

    def add(self, table: str, **values: Any) -> None:
        """One row; its key is made up when it is not given."""
        key = next(column.name for column in TABLES[table].columns if column.is_key)
        values.setdefault(key, f"{len(self.rows[table]) + 1:06d}")
        self.rows[table].append(values)

    def ticket(self, ticket_id: str, created_at: str, **values: Any) -> None:
        """An inbound ticket, in scope."""
        defaults = {"direction": "inbound", "priority": "normal", "status": "open", "channel": "email"}
        self.add("raw_tickets", ticket_id=ticket_id, created_at=created_at, **{**defaults, **values})

    def event(
        self, ticket_id: str, occurred_at: str, event_type: str, actor_type: str, **values: Any
    ) -> None:
        """One event; ids count up, so same-second events keep the order they are written in."""
        values = {"ticket_id": ticket_id, "occurred_at": occurred_at, **values}
        self.add("raw_ticket_events", event_type=event_type, actor_type=actor_type, **values)

    def reply(self, ticket_id: str, at: str, agent_id: str = "ann", **values: Any) -> None:
        """A human agent's public message."""
        self.event(ticket_id, at, "message", "human_agent", actor_id=agent_id, **values)

    def note(self, ticket_id: str, at: str, agent_id: str = "ann") -> None:
        """A human agent's private note."""
        self.reply(ticket_id, at, agent_id, is_public=False)

    def status(
        self, ticket_id: str, at: str, new: str, actor_type: str = "human_agent", agent_id: str | None = "ann"
    ) -> None:
        """A status change."""
        actor_id = agent_id if actor_type == "human_agent" else None
        self.event(ticket_id, at, "status_change", actor_type, actor_id=actor_id, new_value=new)

    def load(self, **variables: Any) -> Raw:
        """Write all files and read them back. Optional tables without rows are not written."""
        for name, table in TABLES.items():
            if self.rows[name] or not table.is_optional:
                self._write(name, [column.name for column in table.columns], self.rows[name])
        for name, rows in self.policy.items():
            if rows:
                self._write(name, list(rows[0]), rows)
        return load(
            self.folder, self.folder, {"source_timezone": "Europe/Paris", **variables}, RUN_STARTED_AT
        )

    def _write(self, name: str, names: list[str], rows: list[dict[str, Any]]) -> None:
        with (self.folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(names)
            writer.writerows([[_text(row.get(column)) for column in names] for row in rows])

    def values(self, **variables: Any) -> Values:
        """Every row of `kpi_values`."""
        return Values(kpi_values(self.load(**variables)))


class Values:
    """`kpi_values`, asked for one row at a time."""

    def __init__(self, rows: dict[Key, Row]) -> None:
        self.rows = rows

    def row(
        self,
        kpi: str,
        period: str,
        variant: str = "standard",
        dimension: str = "overall",
        member: str = "all",
    ) -> Row:
        """period: `2026` (year), `2026-Q1`, `2026-02` (month) or `2026-02-03` (day)."""
        parts = period.split("-")
        if len(parts) == 1:
            grain, start = "year", date(int(period), 1, 1)
        elif parts[1].startswith("Q"):
            grain, start = "quarter", date(int(parts[0]), 3 * int(parts[1][1]) - 2, 1)
        elif len(parts) == 2:
            grain, start = "month", date(int(parts[0]), int(parts[1]), 1)
        else:
            grain, start = "day", date.fromisoformat(period)
        return self.rows[(kpi, variant, grain, start, dimension, member)]

    def value(self, kpi: str, period: str, variant: str = "standard", **member: str) -> float | None:
        """The value alone."""
        return self.row(kpi, period, variant, **member).value
