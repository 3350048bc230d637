"""What to generate: size, seed and span of the history; and the arguments of the demo seeds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ..errors import UserError

REPORT_ZONE = ZoneInfo("Europe/Paris")
MAX_TICKETS = 99_999_999


@dataclass(frozen=True)
class GenerateOptions:
    """Arguments of one made-up company.

    tickets: number of rows of raw_tickets, 1 to 99,999,999.
    seed: any integer; another seed is another company.
    ends_on: last local day (Europe/Paris) of the history.
    months: length of the history; the last month counts as one, however few of its days are in.
    Raises UserError for values out of range.
    """

    tickets: int
    seed: int
    ends_on: date = date(2026, 6, 30)
    months: int = 18

    def __post_init__(self) -> None:
        if not 1 <= self.tickets <= MAX_TICKETS:
            raise UserError(f"tickets must be between 1 and {MAX_TICKETS:,}, not {self.tickets:,}.")
        if self.months < 1:
            raise UserError(f"months must be 1 or more, not {self.months}.")
        if not date(2005, 1, 1) <= self.ends_on <= date(2099, 12, 31):
            raise UserError(f"ends_on must be a day from 2005 to 2099, not {self.ends_on.isoformat()}.")

    @property
    def starts_on(self) -> date:
        """First local day of the history: the first of a month."""
        return self.month_starts[0]

    @property
    def month_starts(self) -> list[date]:
        """First day of every month of the history, in order."""
        last = self.ends_on.year * 12 + self.ends_on.month - 1
        return [date(number // 12, number % 12 + 1, 1) for number in range(last - self.months + 1, last + 1)]

    @property
    def start(self) -> int:
        """First instant of the history: epoch seconds (UTC)."""
        return local_midnight(self.starts_on)

    @property
    def end(self) -> int:
        """First instant after the history: epoch seconds (UTC). Every instant generated is before it."""
        return local_midnight(self.ends_on + timedelta(days=1))


def local_midnight(day: date) -> int:
    """Start of a day in the report time zone, as epoch seconds (UTC)."""
    return int(datetime(day.year, day.month, day.day, tzinfo=REPORT_ZONE).timestamp())


# The arguments of seeds/raw: a test regenerates the files from them and compares bytes.
DEMO = GenerateOptions(tickets=2_000, seed=42)
