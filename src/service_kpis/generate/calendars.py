"""Opening hours and public holidays of the made-up company, and a clock that runs only while a desk is open.

The rows are those of seeds/policy/business_hours.csv and holidays.csv (a test compares them), so that the
replies that are generated fall into the hours by which the project measures them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays as public_holidays
import numpy as np

from .draws import BoolArray, IntArray

CALENDARS = ("fr", "mtl")
TIME_ZONES = {"fr": "Europe/Paris", "mtl": "America/Toronto"}

# The holidays of the policy seeds; enough for a history that ends years from now.
POLICY_YEARS = range(2024, 2031)


@dataclass(frozen=True)
class OpeningHours:
    """One opening interval of a weekday: local times, `valid_to` exclusive, None = without limit."""

    calendar_id: str
    iso_weekday: int
    opens_at: str
    closes_at: str
    timezone: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Holiday:
    """One day that is closed (no times) or open only between the two local times."""

    calendar_id: str
    holiday_date: date
    opens_at: str | None
    closes_at: str | None
    name: str


def business_hours() -> list[OpeningHours]:
    """Opening hours of both desks; Montréal opens on Saturday mornings since March 2025."""
    rows = [OpeningHours("fr", weekday, "09:00", "18:00", TIME_ZONES["fr"]) for weekday in range(1, 6)]
    for weekday in range(1, 6):
        rows.append(OpeningHours("mtl", weekday, "08:30", "12:00", TIME_ZONES["mtl"]))
        rows.append(OpeningHours("mtl", weekday, "13:00", "17:30", TIME_ZONES["mtl"]))
    rows.append(OpeningHours("mtl", 6, "09:00", "12:30", TIME_ZONES["mtl"], valid_from=date(2025, 3, 1)))
    return rows


def holidays(years: range = POLICY_YEARS) -> list[Holiday]:
    """Public holidays of France and Québec (library `holidays`) and 24 December, a half day on weekdays."""
    rows: list[Holiday] = []
    for calendar_id, country, region in (("fr", "FR", None), ("mtl", "CA", "QC")):
        days = public_holidays.country_holidays(country, subdiv=region, years=list(years), language="fr")
        rows += [Holiday(calendar_id, day, None, None, days[day]) for day in sorted(days)]
        opens_at = "09:00" if calendar_id == "fr" else "08:30"
        for year in years:
            eve = date(year, 12, 24)
            # A holiday with hours opens the desk even on a day of the week on which it is closed.
            if eve.isoweekday() <= 5:
                rows.append(Holiday(calendar_id, eve, opens_at, "12:00", "Veille de Noël"))
    return sorted(rows, key=lambda row: (row.calendar_id, row.holiday_date))


class BusinessClock:
    """Opening intervals of one calendar between two days, in UTC, and arithmetic on the open seconds."""

    def __init__(self, calendar_id: str, first_day: date, last_day: date) -> None:
        zone = ZoneInfo(TIME_ZONES[calendar_id])
        hours = [row for row in business_hours() if row.calendar_id == calendar_id]
        years = range(first_day.year, last_day.year + 1)
        special = {row.holiday_date: row for row in holidays(years) if row.calendar_id == calendar_id}
        opens: list[int] = []
        closes: list[int] = []
        day = first_day
        while day <= last_day:
            for opens_at, closes_at in _intervals(day, hours, special):
                opens.append(_instant(day, opens_at, zone))
                closes.append(_instant(day, closes_at, zone))
            day += timedelta(days=1)
        self.opens: IntArray = np.array(opens, dtype=np.int64)
        self.closes: IntArray = np.array(closes, dtype=np.int64)
        self._open_before = np.concatenate(([0], np.cumsum(self.closes - self.opens)))

    def elapsed(self, instants: IntArray) -> IntArray:
        """Open seconds from the first day to each instant (epoch seconds)."""
        begun = np.searchsorted(self.opens, instants, side="right")
        last = np.maximum(begun - 1, 0)
        beyond = np.where(begun > 0, np.maximum(self.closes[last] - instants, 0), 0)
        return self._open_before[begun] - beyond

    def advance(self, instants: IntArray, seconds: IntArray | int) -> IntArray:
        """The instant at which `seconds` of opening, at least one, have gone by."""
        target = self.elapsed(instants) + np.maximum(seconds, 1)
        interval = np.searchsorted(self._open_before, target, side="left") - 1
        interval = np.minimum(interval, len(self.opens) - 1)
        return self.opens[interval] + target - self._open_before[interval]

    def is_open(self, instants: IntArray) -> BoolArray:
        """Whether the desk is open at each instant."""
        begun = np.searchsorted(self.opens, instants, side="right")
        return (begun > 0) & (instants < self.closes[np.maximum(begun - 1, 0)])

    def last_close(self, instants: IntArray) -> IntArray:
        """The latest closing time at or before each instant (the first one where there is none)."""
        return self.closes[np.maximum(np.searchsorted(self.closes, instants, side="right") - 1, 0)]


def _intervals(day: date, hours: list[OpeningHours], special: dict[date, Holiday]) -> list[tuple[str, str]]:
    holiday = special.get(day)
    if holiday is not None:
        return [(holiday.opens_at, holiday.closes_at)] if holiday.opens_at and holiday.closes_at else []
    return [
        (row.opens_at, row.closes_at)
        for row in hours
        if row.iso_weekday == day.isoweekday()
        and (row.valid_from is None or row.valid_from <= day)
        and (row.valid_to is None or day < row.valid_to)
    ]


def _instant(day: date, local_time: str, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time.fromisoformat(local_time), tzinfo=zone).timestamp())
