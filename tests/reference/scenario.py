"""Random raw data made to hit every edge: same-second ties, window ends, midnights, daylight saving, odd
rows.

`make_scenario(seed)` writes CSV files of all raw tables and of the policy into one folder and returns it.
The same
seed and options always give the same bytes. Even seeds cross the autumn change of clocks and a year's end,
odd seeds
the spring change and a quarter's end. Nothing lies after 2025, whatever day the tests run on.
"""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .schema import TABLES

UTC = timezone.utc
PARIS = ZoneInfo("Europe/Paris")
RUN_STARTED_AT = datetime(2026, 1, 15, 3, 0, tzinfo=UTC)
Line = dict[str, str]

STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
GAPS = (
    timedelta(0),
    timedelta(seconds=1),
    timedelta(seconds=59),
    timedelta(minutes=1),
    timedelta(minutes=59, seconds=59),
    timedelta(minutes=60),
    timedelta(minutes=60, seconds=1),
    timedelta(minutes=120),
    timedelta(hours=8),
    timedelta(hours=24),
    timedelta(hours=24, seconds=1),
    timedelta(hours=72),
    timedelta(days=7),
    timedelta(days=7, seconds=1),
    timedelta(days=14),
    timedelta(days=14, seconds=1),
)


def text(value: Any) -> str:
    """A value as the CSV files spell it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        stamp = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return stamp + (f".{value.microsecond:06d}" if value.microsecond else "") + "Z"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class Maker:
    """Holds the dice and the lines written so far."""

    def __init__(self, seed: int, tickets: int, days: int, is_ambiguous: bool) -> None:
        self.rng = random.Random(seed)
        self.is_ambiguous = is_ambiguous
        self.first = date(2024, 10, 14) if seed % 2 == 0 else date(2025, 1, 20)
        self.last = self.first + timedelta(days=days)
        self.start, self.end = self.local(self.first), self.local(self.last + timedelta(days=1))
        self.ticket_count = tickets
        self.lines: dict[str, list[Line]] = {name: [] for name in TABLES}
        self.event_number = 990
        self.customers = [f"c{number:02d}" for number in range(1, 15)]
        self.agents = ["a1", "a2", "a3", "a4", "a5", "gone"]
        self.last_solve: dict[str, datetime] = {}
        self.customer_of: dict[str, str | None] = {}
        self.ticket_rows: list[dict[str, Any]] = []
        self.event_rows: list[dict[str, Any]] = []

    # --- dice -------------------------------------------------------------------------------------

    def local(self, day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
        """The UTC instant of a wall-clock time in Paris."""
        return datetime.combine(day, time(hour, minute, second), PARIS).astimezone(UTC)

    def chance(self, share: float) -> bool:
        """True in `share` of all throws."""
        return self.rng.random() < share

    def pick(self, *values: Any) -> Any:
        """One of the values."""
        return self.rng.choice(values)

    def any_day(self) -> date:
        """A day of the data."""
        return self.first + timedelta(days=self.rng.randrange((self.last - self.first).days + 1))

    def instant(self) -> datetime:
        """An instant of the data, on an edge more often than chance would have it."""
        kind, day = self.rng.random(), self.any_day()
        if kind < 0.12:
            day = self.pick(day.replace(day=1), self.last, day)
            found = self.local(day) + self.pick(timedelta(0), timedelta(seconds=-1), timedelta(seconds=1))
        elif kind < 0.25:
            found = self.local(day, self.pick(9, 12, 13, 18)) + self.pick(timedelta(0), timedelta(seconds=-1))
        elif kind < 0.33:
            shift = date(2024, 10, 26) if self.first.year == 2024 else date(2025, 3, 29)
            found = self.local(shift, 20) + timedelta(minutes=self.rng.randrange(16 * 60))
        else:
            found = self.local(day) + timedelta(seconds=self.rng.randrange(86_400))
        return min(max(found, self.start), self.end - timedelta(seconds=1))

    def gap(self) -> timedelta:
        """Time until the next thing."""
        kind = self.rng.random()
        if kind < 0.4:
            return self.pick(*GAPS)
        if kind < 0.8:
            return timedelta(seconds=self.rng.randrange(1, 4 * 3600))
        return timedelta(minutes=self.rng.randrange(1, 12 * 24 * 60))

    def customer(self, nobody: float = 0.12) -> str | None:
        """A customer, now and then none, or one that the customers' table does not have."""
        if self.chance(nobody):
            return None
        return "ghost" if self.chance(0.04) else self.pick(*self.customers)

    def add(self, table: str, **values: Any) -> Line:
        """Append one line to a table."""
        line = {column.name: text(values.get(column.name)) for column in TABLES[table].columns}
        self.lines[table].append(line)
        return line

    # --- who --------------------------------------------------------------------------------------

    def people(self) -> None:
        """Customers, agents and subscriptions."""
        for place, customer_id in enumerate(self.customers):
            segment = None if place % 5 == 4 else ("vip", "standard", "trial")[place % 3]
            self.add("raw_customers", customer_id=customer_id, customer_segment=segment, country_code="FR")
        for agent_id, team, tier, kind in (
            ("a1", "red", 1, "human"),
            ("a2", "red", 2, "human"),
            ("a3", "blue", None, "human"),
            ("a4", None, 1, "human"),
            ("a5", "blue", 3, "human"),
            ("b1", "bots", None, "bot"),
        ):
            self.add(
                "raw_agents",
                agent_id=agent_id,
                agent_name=f"Agent {agent_id}",
                team=team,
                tier=tier,
                agent_kind=kind,
            )
        number = 0
        for customer_id in [*self.customers, "ghost"]:
            day = self.first - timedelta(days=self.rng.randrange(400))
            for _ in range(self.rng.randrange(0, 4)):
                number += 1
                month_end = self.any_day().replace(day=1)
                end: date | None = self.pick(
                    None,
                    month_end,
                    month_end - timedelta(days=1),
                    month_end + timedelta(days=1),
                    self.any_day(),
                )
                if end is not None and end <= day:
                    end = day + timedelta(days=self.pick(1, 2, 30, 31))
                self.add(
                    "raw_subscriptions",
                    subscription_id=f"s{number:03d}",
                    customer_id=customer_id,
                    plan="basic",
                    started_on=day,
                    ended_on=end,
                )
                # Back on the very day, a day later, long after, or with an overlap.
                day = (end or day) + timedelta(days=self.pick(0, 1, 45, -1))

    # --- tickets ----------------------------------------------------------------------------------

    def ticket(self, created_at: datetime, **given: Any) -> dict[str, Any]:
        """A ticket row with random attributes; `given` wins."""
        number = len(self.ticket_rows) + 1
        row: dict[str, Any] = {
            "ticket_id": f"t{number:04d}",
            "customer_id": self.customer(),
            "direction": "outbound" if self.chance(0.04) else "inbound",
            "channel": self.pick("email", "chat", "phone", "web", "social", None),
            "source": self.pick("form", "app", None),
            "ticket_type": self.pick("question", "incident", None),
            "topic": self.pick("billing", "login", "delivery", None),
            "priority": self.pick(*PRIORITIES),
            "status": self.pick(*STATUSES),
            "team": self.pick("red", "blue", None),
            "assignee_id": self.pick(*self.agents, None),
            "calendar_id": self.pick(None, None, "fr", "us", "always", "night", "india", "versions", "mars"),
            "created_at": created_at,
            "updated_at": None,
            "is_spam": self.pick(*[None] * 20, False, False, True),
            "is_deleted": self.pick(*[None] * 20, False, False, True),
            "is_test": self.pick(*[None] * 20, False, False, True),
            "merged_into_ticket_id": "t0001" if self.chance(0.03) else None,
        }
        row.update(given)
        self.ticket_rows.append(row)
        return row

    def event(
        self, ticket: dict[str, Any], at: datetime, event_type: str, actor_type: str, **given: Any
    ) -> None:
        """One event of a ticket; nothing happens after the end of the data."""
        if at >= self.end:
            return
        self.event_number += 1
        self.event_rows.append(
            {
                "event_id": str(self.event_number),
                "ticket_id": ticket["ticket_id"],
                "occurred_at": at,
                "event_type": event_type,
                "actor_type": actor_type,
                **given,
            }
        )

    def actor(self, actor_type: str) -> str | None:
        """The id of an actor of a kind; sometimes none."""
        if actor_type == "human_agent":
            return None if self.chance(0.06) else self.pick(*self.agents)
        return "b1" if actor_type == "bot" else None

    def life(self, ticket: dict[str, Any]) -> None:
        """Random events, one after the other."""
        at = ticket["created_at"]
        if self.chance(0.05):
            at -= self.pick(timedelta(seconds=1), timedelta(minutes=30), timedelta(hours=30))
            at = max(at, self.start)
        status = "new"
        priority = self.pick(*PRIORITIES) if self.chance(0.3) else None
        session, sessions = None, 0
        is_first_change = True
        for _ in range(self.rng.randrange(0, 14)):
            at += self.gap()
            kind = self.rng.random()
            if kind < 0.28:
                actor = "human_agent"
                public = self.pick(None, True, True, False, False)
                if self.chance(0.25):
                    sessions += 1
                    session = f"{ticket['ticket_id']}-{sessions}"
                elif self.chance(0.3):
                    session = None
                self.event(
                    ticket,
                    at,
                    "message",
                    actor,
                    actor_id=self.actor(actor),
                    is_public=public,
                    session_id=session,
                )
            elif kind < 0.48:
                label = self.pick(None, None, "positive", "neutral", "negative")
                public = self.pick(None, True, True, False)
                self.event(
                    ticket, at, "message", "customer", is_public=public, sentiment_label=label, body="12345"
                )
            elif kind < 0.55:
                actor = self.pick("bot", "system", "bot")
                self.event(
                    ticket,
                    at,
                    "message",
                    actor,
                    actor_id=self.actor(actor),
                    is_public=self.pick(None, True, False),
                )
            elif kind < 0.85:
                new = self.pick("open", "pending", "on_hold", "solved", "solved", "solved", "closed", status)
                old: str | None = status
                if is_first_change:
                    old = self.pick("new", None, "open", "new")
                    status, is_first_change = old or "new", False
                actor = self.pick("human_agent", "human_agent", "human_agent", "customer", "bot", "system")
                self.event(
                    ticket,
                    at,
                    "status_change",
                    actor,
                    actor_id=self.actor(actor),
                    old_value=old,
                    new_value=new,
                )
                status = new
            elif kind < 0.89:
                old = priority or ticket["priority"]
                if priority is None and self.chance(0.7):
                    old = self.pick(*PRIORITIES)
                others = [word for word in PRIORITIES if word != old]
                priority = self.pick(*others)
                actor = self.pick("human_agent", "system")
                self.event(
                    ticket,
                    at,
                    "priority_change",
                    actor,
                    actor_id=self.actor(actor),
                    old_value=old,
                    new_value=priority,
                )
            elif kind < 0.92:
                actor = self.pick("human_agent", "system", *(["bot"] if self.is_ambiguous else []))
                self.event(
                    ticket,
                    at,
                    "escalation",
                    actor,
                    actor_id=self.actor(actor),
                    new_value=self.pick("2", "3", "manager", "department"),
                )
            elif kind < 0.95:
                new = self.pick("fr", "us", "always", "india", "mars")
                self.event(ticket, at, "calendar_change", "system", new_value=new)
            else:
                kind_word = self.pick("assignment", "team_change")
                self.event(
                    ticket, at, kind_word, "human_agent", actor_id="a1", new_value=self.pick("a2", "red")
                )

    def reply(self, ticket: dict[str, Any], at: datetime, agent_id: str | None = "a1", **given: Any) -> None:
        """A human agent's public message."""
        self.event(ticket, at, "message", "human_agent", actor_id=agent_id, **given)

    def status(
        self, ticket: dict[str, Any], at: datetime, new: str, actor: str = "human_agent", **given: Any
    ) -> None:
        """A status change."""
        given.setdefault("actor_id", "a1" if actor == "human_agent" else None)
        self.event(ticket, at, "status_change", actor, new_value=new, **given)

    def tickets(self) -> None:
        """Random lives first, then tickets made for one edge each."""
        for _ in range(max(self.ticket_count - 60, 1)):
            self.life(self.ticket(self.instant()))
        self.boundaries()
        self.repeats()
        self.swap_ids()
        self.remember_solves()

    def plain(self, created_at: datetime, **given: Any) -> dict[str, Any]:
        """An inbound ticket that no flag takes out of scope."""
        given = {"direction": "inbound", "is_spam": None, "is_deleted": None, "is_test": None, **given}
        return self.ticket(created_at, merged_into_ticket_id=None, **given)

    def boundaries(self) -> None:
        """SLA targets, bands, maturities and ties, each from both sides."""
        second = timedelta(seconds=1)
        day = self.first + timedelta(days=8)
        for calendar_id, priority in (
            ("fr", "high"),
            ("fr", "normal"),
            ("always", "urgent"),
            ("mars", "low"),
        ):
            for late in (timedelta(0), second, -second):
                created = self.local(day, 10)
                ticket = self.plain(created, calendar_id=calendar_id, priority=priority, channel="email")
                self.reply(ticket, created + timedelta(minutes=60) + late)
                self.status(ticket, created + timedelta(minutes=120) + late, "solved")
        # Paused: two of three hours waiting for the customer, the target is one hour.
        created = self.local(day, 9)
        for late in (timedelta(0), second):
            ticket = self.plain(created, calendar_id="fr", priority="high", channel="chat")
            self.status(ticket, created + timedelta(minutes=30), "pending", old_value="new")
            self.status(ticket, created + timedelta(minutes=150), "open")
            self.status(ticket, created + timedelta(minutes=240) + late, "solved")
        # A window that ends with the data, and one second later.
        for hours in (72, 168, 336):
            for late in (timedelta(0), second):
                solved = self.end - timedelta(hours=hours) + late
                ticket = self.plain(solved - timedelta(hours=5))
                self.reply(ticket, solved - timedelta(hours=1))
                self.status(ticket, solved, "solved")
        # Reopened at the end of the window, after it, in the second of the solve; reply and solve in one
        # second.
        for gap in (timedelta(0), second, timedelta(days=14), timedelta(days=14) + second):
            solved = self.local(self.first + timedelta(days=20), 15)
            ticket = self.plain(solved - timedelta(hours=3))
            self.status(ticket, solved, "solved", old_value="open")
            self.reply(ticket, solved, agent_id="a2")
            self.status(ticket, solved + gap, "open", "customer")
            if self.chance(0.5):
                self.reply(ticket, solved + gap, agent_id="a3")
            self.status(ticket, solved + gap + second, "closed", self.pick("human_agent", "system"))
        # Two notes and a reply of one agent in one clock second.
        solved = self.local(self.first + timedelta(days=21), 11)
        ticket = self.plain(solved - timedelta(hours=2))
        for part in (100_000, 300_000, 900_000):
            at = solved - timedelta(minutes=10) + timedelta(microseconds=part)
            self.reply(ticket, at, is_public=self.pick(True, False))
        self.status(ticket, solved, "solved")
        # Something on the very first and on the very last day.
        self.plain(self.start)
        last = self.plain(self.local(self.last, 12))
        self.reply(last, self.end - second)
        # Born solved by its first change's old value, reopened, never solved.
        odd = self.plain(self.local(day, 14))
        self.status(odd, self.local(day, 15), "open", old_value="solved")

    def repeats(self) -> None:
        """A later ticket of the same customer at each edge of the window after a first solve."""
        second, week = timedelta(seconds=1), timedelta(days=7)
        for place, gap in enumerate((timedelta(0), second, week, week + second, timedelta(days=2))):
            for topic, later_topic in (
                ("billing", "billing"),
                ("billing", None),
                (None, None),
                ("login", "billing"),
            ):
                customer_id = self.customers[place]
                solved = self.local(self.first + timedelta(days=25 + 9 * place), 10, place)
                ticket = self.plain(solved - timedelta(hours=1), customer_id=customer_id, topic=topic)
                self.reply(ticket, solved)
                self.status(ticket, solved, "solved")
                later = self.plain(solved + gap, customer_id=customer_id, topic=later_topic)
                later["is_spam"] = True if self.chance(0.1) else None

    def swap_ids(self) -> None:
        """Let ids of some events of one ticket in one second run against the order they were made in."""
        for one, other in zip(self.event_rows, self.event_rows[1:], strict=False):
            same = one["ticket_id"] == other["ticket_id"] and one["occurred_at"] == other["occurred_at"]
            kinds = {one["event_type"], other["event_type"]}
            if same and "priority_change" not in kinds and self.chance(0.4):
                one["event_id"], other["event_id"] = other["event_id"], one["event_id"]

    def remember_solves(self) -> None:
        """Each ticket's last solve and customer, for contacts and surveys to lie at, or keep clear of."""
        for ticket in self.ticket_rows:
            self.customer_of[ticket["ticket_id"]] = ticket["customer_id"]
            changes = [
                row
                for row in self.event_rows
                if row["ticket_id"] == ticket["ticket_id"] and row["event_type"] == "status_change"
            ]
            changes.sort(key=lambda row: (row["occurred_at"], len(row["event_id"]), row["event_id"]))
            status = (changes[0].get("old_value") if changes else None) or "new"
            for row in changes:
                if row["new_value"] in ("solved", "closed") and status not in ("solved", "closed"):
                    self.last_solve[ticket["ticket_id"]] = max(row["occurred_at"], ticket["created_at"])
                status = row["new_value"]

    def write_tickets(self) -> None:
        """Tickets and events in random order, with a few events of unknown tickets."""
        for row in self.ticket_rows:
            self.add("raw_tickets", **row)
        rows = list(self.event_rows)
        self.event(
            {"ticket_id": "nowhere"},
            self.local(self.first + timedelta(days=3), 8),
            "message",
            "human_agent",
            actor_id="a1",
        )
        rows.append(self.event_rows[-1])
        self.rng.shuffle(rows)
        for row in rows:
            self.add("raw_ticket_events", **row)

    def some_ticket(self, nobody: float = 0.3) -> str | None:
        """A ticket's id, none, or one that does not exist."""
        if self.chance(nobody):
            return None
        return "nowhere" if self.chance(0.05) else self.pick(*self.ticket_rows)["ticket_id"]

    def near_ticket(self) -> tuple[str | None, datetime]:
        """A customer and an instant at an edge before one of the customer's tickets."""
        row = self.pick(*self.ticket_rows)
        hours = self.pick(0, 0, 24, 24, 72, 72, 10)
        late = self.pick(timedelta(0), timedelta(seconds=1), timedelta(seconds=-1))
        at = row["created_at"] - timedelta(hours=hours) + late
        return row["customer_id"], min(max(at, self.start), self.end - timedelta(seconds=1))

    # --- contacts ---------------------------------------------------------------------------------

    def contacts(self) -> None:
        """Calls and chats with their legs; those of a ticket are never offered before and answered after its
        solve."""
        leg_number = 0
        for number in range(1, self.ticket_count // 2 + 1):
            offered = self.instant()
            ticket_id = self.some_ticket(0.5)
            solved = self.last_solve.get(ticket_id or "")
            if solved is not None and self.chance(0.5):
                offered = solved - self.pick(timedelta(0), timedelta(seconds=20), timedelta(minutes=30))
            if not self.is_ambiguous and offered.astimezone(PARIS).hour == 23:
                offered -= timedelta(hours=2)
            offered = min(max(offered, self.start), self.end - timedelta(hours=2))
            outcome = self.pick(
                "answered",
                "answered",
                "answered",
                "abandoned",
                "callback_answered",
                "callback_missed",
                "self_served",
                "out_of_hours",
            )
            wait = timedelta(seconds=self.pick(0, 5, 6, 19, 20, 21, 20, self.rng.randrange(300)))
            answered = offered + wait if outcome in ("answered", "callback_answered") else None
            if answered is not None and solved is not None and offered <= solved:
                if self.chance(0.4):
                    answered = solved
                elif solved < answered and not self.is_ambiguous:
                    answered = offered
            if outcome == "callback_answered" and self.chance(0.2):
                answered = None
            length = timedelta(seconds=self.rng.randrange(1, 1800))
            ended: datetime | None = (answered or offered) + (length if outcome in ("answered",) else wait)
            if self.chance(0.15):
                ended = None
            contact_id = f"k{number:04d}"
            self.add(
                "raw_contacts",
                contact_id=contact_id,
                channel=self.pick("phone", "phone", "phone", "chat", "messaging", "email"),
                direction=self.pick("inbound", "inbound", "inbound", "outbound"),
                customer_id=self.customer(0.3),
                ticket_id=ticket_id,
                queue=self.pick("north", "south", None),
                offered_at=offered,
                answered_at=answered,
                ended_at=ended,
                outcome=outcome,
            )
            has_legs = outcome in ("answered", "callback_answered") or self.chance(0.05)
            for _ in range(self.pick(0, 1, 1, 1, 2, 3) if has_legs else 0):
                leg_number += 1
                started = (answered or offered) + timedelta(seconds=self.rng.randrange(60))
                self.add(
                    "raw_contact_legs",
                    leg_id=f"l{leg_number:04d}",
                    contact_id="nowhere" if self.chance(0.03) else contact_id,
                    agent_id=self.pick(*self.agents, None),
                    started_at=started,
                    ended_at=self.pick(None, started + length),
                    talk_seconds=self.pick(0, 12.5, self.rng.randrange(600)),
                    hold_seconds=self.pick(None, 0, self.rng.randrange(60)),
                    wrap_up_seconds=self.pick(None, 0, 30),
                )

    # --- surveys ----------------------------------------------------------------------------------

    def surveys(self) -> None:
        """CSAT, CES and NPS on several scales; tickets asked twice, ties, unknown tickets."""
        rows: list[dict[str, Any]] = []
        for number in range(1, self.ticket_count + 1):
            kind = self.pick("csat", "csat", "ces", "nps")
            scales: Iterable[tuple[int | None, int | None]] = {
                "csat": ((None, None), (None, None), (1, 5), (1, 10), (1, 3), (0, 100), (0, 4)),
                "ces": ((None, None), (None, None), (1, 7), (1, 5), (1, 10), (0, 10)),
                "nps": ((None, None), (0, 10), (0, None)),
            }[kind]
            low, high = self.pick(*scales)
            bottom = low if low is not None else {"csat": 1, "ces": 1, "nps": 0}[kind]
            top = high if high is not None else {"csat": 5, "ces": 7, "nps": 10}[kind]
            # Sent late enough for the first day of the data to stay what it is.
            sent = max(self.instant(), self.start + timedelta(days=1))
            answered = sent + self.pick(timedelta(0), timedelta(hours=1), self.gap())
            is_answered = self.chance(0.75) and answered < self.end
            ticket_id = self.some_ticket(0.4)
            customer_id = self.customer(0.3)
            if ticket_id is not None and not self.is_ambiguous:
                customer_id = self.customer_of.get(ticket_id) or customer_id
            score: Any = self.pick(bottom, top, self.rng.randint(bottom, top), self.rng.randint(bottom, top))
            if kind == "nps":
                score = self.pick(0, 5, 6, 7, 8, 9, 10)
            if self.chance(0.05) and score < top:
                score = f"{score}.5"
            has_score = self.chance(0.93) or (
                kind == "csat" and ticket_id is not None and not self.is_ambiguous
            )
            rows.append(
                {
                    "response_id": f"r{number:05d}",
                    "survey_type": kind,
                    "survey_kind": self.pick("transactional", "relationship")
                    if kind == "nps"
                    else "transactional",
                    "question_version": self.pick(None, "ces_v1_effort", "ces_v2_agreement")
                    if kind == "ces"
                    else None,
                    "ticket_id": ticket_id,
                    "customer_id": customer_id,
                    "agent_id": self.pick(None, None, None, *self.agents),
                    "channel": self.pick(None, "email", "chat", "sms"),
                    "sent_at": None if self.chance(0.05) else sent,
                    "is_delivered": self.pick(None, None, True, True, False),
                    "answered_at": answered if is_answered else None,
                    "score": score if has_score else None,
                    "scale_min": low,
                    "scale_max": high,
                    "comment": self.pick(None, None, "+++"),
                    "sentiment_label": self.pick(None, None, "positive", "neutral", "negative")
                    if is_answered
                    else None,
                }
            )
        # Asked again: later, and in the same second.
        for row in self.rng.sample(rows, len(rows) // 8):
            twin = {
                **row,
                "response_id": f"r{len(rows) + 1:05d}",
                "score": row["score"] and self.pick(row["score"], 1),
            }
            if twin["survey_type"] != "nps" and twin["scale_min"] == 0 and row["score"] is None:
                twin["score"] = None
            if twin["answered_at"] is not None and self.chance(0.5):
                twin["answered_at"] = min(twin["answered_at"] + self.gap(), self.end - timedelta(seconds=1))
            rows.append(twin)
        self.rng.shuffle(rows)
        for row in rows:
            self.add("raw_survey_responses", **row)

    def servqual(self) -> None:
        """Answers on 1-7 about a few dimensions, some without one of the two marks."""
        number = 0
        for respondent in range(1, self.ticket_count // 12 + 2):
            at, customer_id, channel = self.instant(), self.customer(0.2), self.pick("web", "email", None)
            for dimension in ("tangibles", "reliability", "empathy", "our_own"):
                for item in range(self.pick(0, 1, 2, 3)):
                    number += 1
                    wide = self.is_ambiguous and self.chance(0.1)
                    self.add(
                        "raw_servqual_answers",
                        answer_id=f"q{number:04d}",
                        response_id=f"sq{respondent:03d}",
                        customer_id=customer_id,
                        channel=channel,
                        answered_at=at,
                        dimension=dimension,
                        item=f"{dimension} {item}",
                        expectation=None if self.chance(0.07) else self.rng.randint(1, 7),
                        perception=None if self.chance(0.07) else self.rng.randint(1, 7),
                        scale_max=10 if wide else None,
                    )

    # --- costs ------------------------------------------------------------------------------------

    def costs(self, has_holes: bool) -> None:
        """Costs of every month from January on, or with months left out; rates of every month."""
        month, months = self.first.replace(month=1, day=1), []
        while month <= self.last:
            months.append(month)
            month = (month + timedelta(days=32)).replace(day=1)
        for month in months:
            for currency, rate in (("USD", "0.925"), ("GBP", "1.17")):
                self.add(
                    "raw_exchange_rates",
                    currency_code=currency,
                    rate_month=month + timedelta(days=self.rng.randrange(28)),
                    rate=rate if self.chance(0.5) else f"{self.rng.uniform(0.8, 1.3):.4f}",
                )
        number = 0
        for month in months:
            if has_holes and self.chance(0.25):
                continue
            for category in (
                "salaries",
                "salaries",
                "software",
                "automation_fixed",
                "automation_usage",
                "training",
            ):
                if category != "salaries" and self.chance(0.2):
                    continue
                number += 1
                amount = (
                    self.rng.randrange(100, 9000)
                    if "automation" not in category
                    else self.rng.randrange(1, 90)
                )
                self.add(
                    "raw_costs",
                    cost_id=f"x{number:04d}",
                    cost_month=month + timedelta(days=self.rng.randrange(28)),
                    cost_category=category,
                    team=self.pick("red", "blue", None),
                    channel=self.pick("email", "phone", None),
                    amount=f"{'-' if self.chance(0.08) else ''}{amount}.{self.rng.randrange(100):02d}",
                    currency_code=self.pick("EUR", "EUR", "USD", "GBP"),
                )

    # --- self-service, bots, social ---------------------------------------------------------------

    def self_service(self) -> None:
        """Sessions, bot conversations and questions close to the tickets of the same customers."""
        for number in range(1, self.ticket_count // 3 + 1):
            customer_id, at = self.near_ticket()
            if self.chance(0.3):
                at = self.instant()
            customer_id = customer_id if self.chance(0.8) else self.customer(0.5)
            self.add(
                "raw_self_service_sessions",
                session_id=f"v{number:04d}",
                visitor_id=customer_id
                if customer_id and self.chance(0.7)
                else f"anon{self.rng.randrange(25)}",
                customer_id=customer_id,
                tool=self.pick("knowledge_base", "faq", "community"),
                started_at=at,
                topic=self.pick("billing", "login", None),
                search_query="how",
                search_result_count=self.pick(None, 0, 3),
                article_view_count=self.pick(None, 0, 1, 2),
                feedback=self.pick(None, None, None, "helpful", "not_helpful"),
            )
        for number in range(1, self.ticket_count // 3 + 1):
            customer_id, started = self.near_ticket()
            customer_id = customer_id if self.chance(0.8) else self.customer(0.5)
            if self.chance(0.3):
                started = self.instant()
            ended: datetime | None = started + self.pick(
                timedelta(0), timedelta(minutes=5), timedelta(hours=1)
            )
            if self.chance(0.2):
                ended = None
            ticket_id = self.pick(*self.ticket_rows)["ticket_id"] if self.chance(0.12) else None
            is_handed = self.chance(0.25)
            self.add(
                "raw_bot_conversations",
                conversation_id=f"b{number:04d}",
                customer_id=customer_id,
                channel=self.pick(
                    "chat", "messaging", *([] if ticket_id and not self.is_ambiguous else [None])
                ),
                topic=self.pick("billing", "login", *([] if ticket_id and not self.is_ambiguous else [None])),
                started_at=started,
                ended_at=ended,
                answer_count=self.pick(0, 1, 1, 2, 5),
                handed_off_at=(ended or started) if is_handed else None,
                ticket_id=ticket_id,
                feedback=self.pick(None, None, "confirmed", "negative"),
                is_routine=self.pick(None, True, True, False),
            )
        for number in range(1, self.ticket_count // 2 + 1):
            is_answered = self.chance(0.6)
            self.add(
                "raw_bot_questions",
                question_id=f"qu{number:04d}",
                conversation_id=f"b{number:04d}" if self.chance(0.5) else None,
                ticket_id=self.some_ticket(0.7),
                customer_id=self.customer(0.3),
                asked_at=self.instant(),
                topic=self.pick("billing", "login", "delivery", *([] if not is_answered else [None])),
                is_answered=is_answered,
                grade=self.pick(None, "correct", "partial", "incorrect"),
                grader=self.pick(None, "human", "llm"),
            )

    def mentions(self) -> None:
        """Mentions of all kinds, answered at once, later, or never."""
        for number in range(1, self.ticket_count // 3 + 1):
            posted = self.instant()
            replied = posted + self.gap()
            self.add(
                "raw_social_mentions",
                mention_id=f"m{number:04d}",
                network=self.pick("x", "facebook", "instagram"),
                mention_type=self.pick("mention", "comment", "review", "share", "own_post"),
                visibility=self.pick("public", "public", "private"),
                posted_at=posted,
                author_id=f"au{self.rng.randrange(30)}",
                customer_id=self.customer(0.4),
                ticket_id=self.some_ticket(0.8),
                needs_reply=self.pick(None, None, True, False),
                first_replied_at=replied if self.chance(0.6) and replied < self.end else None,
                sentiment_label=self.pick(None, "positive", "neutral", "negative"),
            )

    # --- policy -----------------------------------------------------------------------------------

    def policy(self) -> dict[str, list[Line]]:
        """Calendars of every shape, policies with versions and ties, bands."""
        hours: list[Line] = []

        def opens(
            calendar_id: str,
            days: Iterable[int],
            start: str,
            end: str,
            zone: str,
            since: str = "",
            to: str = "",
        ) -> None:
            for weekday in days:
                hours.append(
                    {
                        "calendar_id": calendar_id,
                        "iso_weekday": str(weekday),
                        "opens_at": start,
                        "closes_at": end,
                        "timezone": zone,
                        "valid_from": since,
                        "valid_to": to,
                    }
                )

        opens("fr", range(1, 6), "09:00", "12:00", "Europe/Paris")
        opens("fr", range(1, 6), "13:00", "18:00", "Europe/Paris")
        opens("us", range(1, 7), "08:30", "17:00", "America/New_York")
        opens("always", range(1, 8), "00:00", "24:00", "Europe/Paris")
        opens("night", range(1, 8), "20:00", "24:00", "Europe/Paris")
        opens("night", range(1, 8), "00:00", "01:30", "Europe/Paris")
        opens("india", (7, 1, 2, 3, 4), "10:15", "24:00", "Asia/Kolkata")
        switch, back = self.first + timedelta(days=30), self.first + timedelta(days=37)
        opens("versions", range(1, 6), "08:00", "12:00", "Europe/Paris", "", switch.isoformat())
        opens("versions", range(1, 6), "10:00", "19:45", "Europe/Paris", back.isoformat(), "")
        holidays: list[Line] = []

        def holiday(calendar_id: str, day: date, start: str = "", end: str = "") -> None:
            holidays.append(
                {
                    "calendar_id": calendar_id,
                    "holiday_date": day.isoformat(),
                    "opens_at": start,
                    "closes_at": end,
                    "name": "x",
                }
            )

        monday = self.first + timedelta(days=(7 - self.first.weekday()) % 7)
        holiday("fr", monday + timedelta(days=8))
        holiday("fr", monday + timedelta(days=9), "10:00", "11:30")
        holiday("fr", monday + timedelta(days=12), "09:00", "12:00")
        holiday("fr", monday + timedelta(days=70))
        holiday("us", monday + timedelta(days=15))
        holiday("always", monday + timedelta(days=20))
        holiday("nobody", monday)
        policies: list[Line] = []

        def sla(
            policy_id: str,
            metric: str,
            priority: str,
            minutes: int,
            clock: str,
            channel: str = "",
            since: datetime | None = None,
            to: datetime | None = None,
        ) -> None:
            policies.append(
                {
                    "sla_policy_id": policy_id,
                    "metric": metric,
                    "priority": priority,
                    "channel": channel,
                    "target_minutes": str(minutes),
                    "clock": clock,
                    "valid_from": text(since),
                    "valid_to": text(to),
                }
            )

        turn = self.local(self.first + timedelta(days=40))
        sla("p01", "first_response", "high", 60, "business", "email")
        sla("p02", "first_response", "high", 240, "business")
        sla("p03", "first_response", "urgent", 60, "calendar")
        sla("p04", "first_response", "normal", 120, "business", "", None, turn)
        sla("p05", "first_response", "normal", 480, "business", "", turn)
        sla("p06", "first_response", "normal", 60, "calendar", "email", None, turn)
        sla("p07", "resolution", "high", 120, "business")
        sla("p08", "resolution", "urgent", 1440, "calendar")
        sla("p09", "resolution", "normal", 120, "business", "email")
        sla("p10", "resolution", "normal", 960, "business")
        # Two valid at once: the later start wins, and of equal starts the greater id.
        sla("p11", "resolution", "urgent", 600, "calendar", "", turn)
        sla("p12", "resolution", "urgent", 300, "calendar", "", turn)
        sla("p13", "resolution", "low", 5000, "calendar", "chat")
        bands = [
            {"band_key": key, "upper_minutes": str(minutes), "name_en": key, "name_fr": key}
            for key, minutes in (("le_60", 60), ("le_120", 120), ("le_480", 480), ("le_1440", 1440))
        ]
        return {
            "business_hours": hours,
            "holidays": holidays,
            "sla_policies": policies,
            "response_time_bands": bands,
        }

    # --- spoiling ---------------------------------------------------------------------------------

    def odd_spellings(self) -> None:
        """Spell accepted values in other accepted ways; the meaning stays."""
        for name, lines in self.lines.items():
            for line in lines:
                for column in TABLES[name].columns:
                    value = line[column.name]
                    if value and self.chance(0.06):
                        line[column.name] = self.respell(column.kind, column.name, value)

    def respell(self, kind: str, name: str, value: str) -> str:
        """Another spelling of one value."""
        if kind == "enum":
            return self.pick(f" {value} ", value.upper(), value.capitalize())
        if kind == "bool":
            return (
                self.pick("T", "yes", "1", "TRUE") if value == "true" else self.pick("F", "No", "0", "FALSE")
            )
        if kind == "int":
            return self.pick(f"{value}.0", f" {value}")
        if kind == "num":
            return f" {value} "
        if name == "channel":
            return self.pick(value.upper(), f" {value}")
        if kind == "text":
            return f" {value} "
        if kind == "ts" and value.endswith("Z"):
            if value.endswith("T00:00:00Z"):
                return value[:10]
            instant = datetime.fromisoformat(value[:-1]).replace(tzinfo=UTC)
            form = self.pick("naive", "space", "+02:00", "-0530")
            if form == "naive":
                return value[:-1]
            if form == "space":
                return value.replace("T", " ")
            sign, digits = form[0], form[1:].replace(":", "")
            shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            local = instant + shift if sign == "+" else instant - shift
            return (
                local.strftime("%Y-%m-%dT%H:%M:%S")
                + (f".{instant.microsecond:06d}" if instant.microsecond else "")
                + form
            )
        return value

    def bad_rows(self) -> None:
        """For every table: copies of good rows with one thing wrong, exact duplicates, conflicts and
        versions."""
        number = 0
        for name, table in TABLES.items():
            lines = self.lines[name]
            if not lines:
                continue

            def copy(source: list[Line] = lines, table: Any = table) -> Line:
                nonlocal number
                number += 1
                line = dict(self.rng.choice(source[: max(len(source) // 2, 1)]))
                if table.key[0] != "currency_code":
                    line[table.key[0]] = f"bad{number:05d}"
                else:
                    line["currency_code"] = f"Z{number:02d}"
                return line

            spoilt: list[Line] = []
            for column in table.columns:
                if column.is_required:
                    line = copy()
                    line[column.name] = self.pick("", "  ")
                    spoilt.append(line)
                wrong = {
                    "ts": ("yesterday", "2025-13-01T00:00:00Z", "05/01/2025", "2025-02-30T10:00:00Z"),
                    "date": ("2025-02-30", "01/02/2025", "soon"),
                    "int": ("3.5", "three"),
                    "num": ("12,5", "NaN", "1 000", "x"),
                    "bool": ("maybe", "2"),
                    "enum": ("whatever",),
                }.get(column.kind)
                if wrong:
                    line = copy()
                    line[column.name] = self.pick(*wrong)
                    spoilt.append(line)
            spoilt += self.broken_rules(name, copy)
            # The same row twice, and the same key with another content.
            spoilt.append(dict(self.rng.choice(lines)))
            for column in table.columns:
                if column.kind == "text" and not column.is_required and not column.is_key:
                    line = dict(self.rng.choice(lines))
                    line[column.name] += " again"
                    spoilt.append(line)
                    break
            for line in spoilt:
                if line.get(table.main_instant or "", "") or not table.main_instant:
                    lines.insert(self.rng.randrange(len(lines) + 1), line)
                else:
                    lines.append(line)
            self.versions(name)

    def broken_rules(self, name: str, copy: Callable[[], Line]) -> list[Line]:
        """Rows that break a rule of their own table."""
        table, spoilt = TABLES[name], []
        for earlier, later in table.backwards:
            is_date = any(column.name == later and column.kind == "date" for column in table.columns)
            line = copy()
            line[earlier], line[later] = (
                ("2025-01-02", "2025-01-02")
                if is_date
                else (
                    "2025-01-02T10:00:01Z",
                    "2025-01-02T10:00:00Z",
                )
            )
            spoilt.append(line)
        for column in table.not_negative:
            line = copy()
            line[column] = "-1"
            spoilt.append(line)
        if table.main_instant is not None:
            line = copy()
            line[table.main_instant] = "2099-01-01T00:00:00Z"
            spoilt.append(line)
        changes: dict[str, list[dict[str, str]]] = {
            "raw_survey_responses": [
                {"survey_type": "csat", "score": "6", "scale_min": "", "scale_max": ""},
                {"survey_type": "csat", "score": "0", "scale_min": "1", "scale_max": ""},
                {"survey_type": "ces", "score": "8", "scale_min": "", "scale_max": "7"},
                {"survey_type": "ces", "score": "", "scale_min": "7", "scale_max": "7"},
                {"survey_type": "nps", "score": "5", "scale_min": "1", "scale_max": "10"},
                {"survey_type": "nps", "score": "11", "scale_min": "", "scale_max": ""},
            ],
            "raw_servqual_answers": [
                {"perception": "8"},
                {"expectation": "0"},
                {"scale_min": "7", "scale_max": "7"},
            ],
            "raw_exchange_rates": [{"rate": "0"}, {"rate": "-1.5"}],
            "raw_costs": [{"currency_code": "XTS"}],
        }
        for change in changes.get(name, []):
            spoilt.append({**copy(), **change})
        return spoilt

    def versions(self, name: str) -> None:
        """With `loaded_at`: newer and older versions of some rows, delivered again unchanged, or with equal
        ones."""
        lines, table = self.lines[name], TABLES[name]
        texts = [column.name for column in table.columns if column.kind == "text" and not column.is_key]
        for line in lines:
            line["loaded_at"] = "2025-12-01T05:00:00Z"
        for line in self.rng.sample(lines, min(4, len(lines))):
            twin = dict(line)
            twin["loaded_at"] = self.pick(
                "2025-12-02T05:00:00Z", "2025-11-30T05:00:00Z", "", "2025-12-01T05:00:00Z"
            )
            for column in texts[:1]:
                twin[column] = self.pick(line[column], line[column] or "filled")
            if name == "raw_tickets":
                twin["updated_at"] = self.pick("", "2025-06-01T00:00:00Z")
            lines.append(twin)


def _write(path: Path, names: list[str], lines: list[Line], unreadable: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(names)
        for place, line in enumerate(lines):
            writer.writerow([line.get(name, "") for name in names])
            if unreadable and place == len(lines) // 2:
                writer.writerow(["broken"] + ["x"] * (len(names) + 1))


def make_scenario(
    seed: int,
    tickets: int = 300,
    *,
    folder: str | Path | None = None,
    days: int = 110,
    bad_rows: bool = False,
    odd_spellings: bool = True,
    unreadable_lines: bool = False,
    in_folders: bool = False,
    has_cost_holes: bool = False,
    without: Iterable[str] = (),
    is_ambiguous: bool = False,
) -> Path:
    """Write a random scenario and return its folder (a new temporary one unless given).

    days: length of the data. bad_rows: rows of every kind that must be rejected, duplicates and versions
    (`loaded_at`
    is filled then). unreadable_lines: one line with too many fields in each table. in_folders: some tables
    as a folder
    of two files. has_cost_holes: months without costs. without: optional tables to leave out. is_ambiguous:
    also rows
    on which the specification can be read in more than one way.
    """
    target = Path(folder) if folder is not None else Path(tempfile.mkdtemp(prefix=f"scenario_{seed}_"))
    maker = Maker(seed, tickets, days, is_ambiguous)
    maker.people()
    maker.tickets()
    maker.write_tickets()
    maker.contacts()
    maker.surveys()
    maker.servqual()
    maker.costs(has_cost_holes)
    maker.self_service()
    maker.mentions()
    if odd_spellings:
        maker.odd_spellings()
    if bad_rows:
        maker.bad_rows()
    for name, table in TABLES.items():
        if name in set(without):
            continue
        names = [column.name for column in table.columns if bad_rows or column.name != "loaded_at"]
        if maker.chance(0.5):
            maker.rng.shuffle(names)
        names.append("not_listed")
        lines = maker.lines[name]
        if in_folders and maker.chance(0.5):
            half = len(lines) // 2
            _write(target / name / "part_1.csv", names, lines[:half], unreadable_lines)
            _write(target / name / "part_2.csv", list(reversed(names)), lines[half:], unreadable_lines)
        else:
            _write(target / f"{name}.csv", names, lines, unreadable_lines)
    for name, lines in maker.policy().items():
        _write(target / f"{name}.csv", list(lines[0]), lines, False)
    return target
