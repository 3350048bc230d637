"""Days, periods and opening hours: local calendars walked day by day and turned into UTC instants by
zoneinfo."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from .raw import Raw

UTC = timezone.utc
GRAINS = ("day", "week", "month", "quarter", "year")
MICRO = timedelta(microseconds=1)


def micros(earlier: datetime, later: datetime) -> int:
    """Whole microseconds from one instant to another."""
    return (later - earlier) // MICRO


def period_start(day: date, grain: str) -> date:
    """First day of the period of `grain` that holds `day`; weeks begin on Monday."""
    if grain == "day":
        return day
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
    return day.replace(month=1, day=1)


def next_period(start: date, grain: str) -> date:
    """First day of the period after the one that begins on `start`."""
    if grain == "day":
        return start + timedelta(days=1)
    if grain == "week":
        return start + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    index = start.year * 12 + start.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


class Clock:
    """Report time zone and `as_of`: which local day an instant falls on, when a day begins, what is
    complete."""

    def __init__(self, zone_name: str, as_of: datetime) -> None:
        self.zone = ZoneInfo(zone_name)
        self.as_of = as_of
        self._days: dict[datetime, date] = {}

    def day(self, instant: datetime) -> date:
        """The local day of an instant."""
        if instant not in self._days:
            self._days[instant] = instant.astimezone(self.zone).date()
        return self._days[instant]

    def begins(self, day: date) -> datetime:
        """The instant at which a local day begins."""
        return datetime.combine(day, time(0), self.zone).astimezone(UTC)

    def has_begun(self, day: date) -> bool:
        """Whether a local day began before `as_of`."""
        return self.begins(day) < self.as_of

    def is_complete(self, start: date, grain: str) -> bool:
        """Whether the period's local end is not after `as_of`."""
        return self.begins(next_period(start, grain)) <= self.as_of


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes[:2])


def _local_instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    wall = datetime.combine(day, time(0)) + timedelta(minutes=minutes)
    return wall.replace(tzinfo=zone).astimezone(UTC)


class Calendars:
    """Opening intervals of every calendar of the policy, between two days."""

    def __init__(self, raw: Raw, first: date, last: date) -> None:
        self.hours: dict[str, list[dict[str, str]]] = {}
        for row in raw.policy["business_hours"]:
            self.hours.setdefault(row["calendar_id"], []).append(row)
        self.holidays: dict[tuple[str, date], list[dict[str, str]]] = {}
        for row in raw.policy["holidays"]:
            key = (row["calendar_id"], date.fromisoformat(row["holiday_date"]))
            self.holidays.setdefault(key, []).append(row)
        self.first, self.last = first - timedelta(days=3), last + timedelta(days=3)
        self._intervals: dict[str, list[tuple[datetime, datetime]]] = {}
        self._starts: dict[str, list[datetime]] = {}
        self._open_before: dict[str, list[int]] = {}

    def is_known(self, calendar_id: str) -> bool:
        """Whether the policy has any opening row of the calendar."""
        return calendar_id in self.hours

    def openings(self, calendar_id: str, day: date) -> list[tuple[datetime, datetime]]:
        """The opening intervals of one local date of the calendar, as UTC instants; [] when closed."""
        valid = [
            row
            for row in self.hours[calendar_id]
            if (row["valid_from"] == "" or date.fromisoformat(row["valid_from"]) <= day)
            and (row["valid_to"] == "" or day < date.fromisoformat(row["valid_to"]))
        ]
        zone = ZoneInfo((valid or self.hours[calendar_id])[0]["timezone"])
        holiday = self.holidays.get((calendar_id, day))
        if holiday is None:
            rows = [row for row in valid if int(row["iso_weekday"]) == day.isoweekday()]
        else:
            rows = [row for row in holiday if row["opens_at"] != "" and row["closes_at"] != ""]
        return sorted(
            (
                _local_instant(day, _minutes(row["opens_at"]), zone),
                _local_instant(day, _minutes(row["closes_at"]), zone),
            )
            for row in rows
        )

    def _prepare(self, calendar_id: str) -> None:
        intervals = []
        day = self.first
        while day <= self.last:
            intervals += self.openings(calendar_id, day)
            day += timedelta(days=1)
        before, total = [], 0
        for opens, closes in intervals:
            before.append(total)
            total += micros(opens, closes)
        self._intervals[calendar_id] = intervals
        self._starts[calendar_id] = [opens for opens, _ in intervals]
        self._open_before[calendar_id] = before

    def _open_until(self, calendar_id: str, instant: datetime) -> int:
        place = bisect_right(self._starts[calendar_id], instant) - 1
        if place < 0:
            return 0
        opens, closes = self._intervals[calendar_id][place]
        return self._open_before[calendar_id][place] + micros(opens, min(instant, closes))

    def open_micros(self, calendar_id: str, start: datetime, end: datetime) -> int:
        """Open microseconds of a known calendar in [start, end)."""
        if calendar_id not in self._intervals:
            self._prepare(calendar_id)
        return self._open_until(calendar_id, end) - self._open_until(calendar_id, start)
