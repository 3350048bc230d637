"""Everything the KPIs need to know of one ticket, told from its events in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from .clock import Calendars, micros
from .raw import Raw, Typed, parse_ts

UNKNOWN = "unknown"
DONE = ("solved", "closed")
NOT_DONE = ("new", "open", "pending", "on_hold")
ANSWERED = ("answered", "callback_answered")
MINUTE = 60_000_000


@dataclass
class Event:
    """One event of a ticket; `at` is never before the creation; `place` is its rank in the event order."""

    at: datetime
    place: int
    row: Typed

    @property
    def is_human(self) -> bool:
        """Done by a human agent."""
        return self.row["actor_type"] == "human_agent"

    @property
    def is_public_message(self) -> bool:
        """A message that is not a private note."""
        return self.row["event_type"] == "message" and self.row["is_public"] is not False

    @property
    def is_reply(self) -> bool:
        """A human agent's public message."""
        return self.is_human and self.is_public_message


@dataclass
class Change:
    """A status change that really changed the status."""

    event: Event
    old: str | None
    new: str | None

    @property
    def is_solve(self) -> bool:
        """Into solved or closed from neither."""
        return self.new in DONE and self.old not in DONE

    @property
    def is_reopening(self) -> bool:
        """Out of solved or closed into a status that is open."""
        return self.old in DONE and self.new in NOT_DONE


@dataclass
class Response:
    """A human reply to at least one unanswered customer message, from the oldest of them."""

    since: datetime
    event: Event


@dataclass
class Ticket:
    """A ticket and what its events say; instants are aware UTC datetimes."""

    row: Typed
    is_in_scope: bool
    events: list[Event]
    first_status: str
    changes: list[Change]
    replies: list[Event]
    first_response: Event | None
    responses: list[Response]
    human_actions: list[Event]
    calendar_spans: list[tuple[datetime, str]]
    priority_spans: list[tuple[datetime, str]]
    contacts: list[Typed] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The ticket's id."""
        return self.row["ticket_id"]

    @property
    def created_at(self) -> datetime:
        """The instant of creation."""
        return self.row["created_at"]

    @property
    def solves(self) -> list[Change]:
        """All solves in event order."""
        return [change for change in self.changes if change.is_solve]

    @property
    def reopenings(self) -> list[Change]:
        """All reopenings in event order."""
        return [change for change in self.changes if change.is_reopening]

    def status_before(self, instant: datetime | None) -> str | None:
        """The status by the events strictly before `instant` (None: by all events)."""
        status: str | None = self.first_status
        for change in self.changes:
            if instant is None or change.event.at < instant:
                status = change.new
        return status

    @property
    def is_solved_now(self) -> bool:
        """Its last status change left it solved or closed."""
        return any(event.row["event_type"] == "status_change" for event in self.events) and (
            self.status_before(None) in DONE
        )

    @property
    def resolver(self) -> str | None:
        """The human of the last solve, else the last human with an id who replied, else None."""
        if self.solves:
            last = self.solves[-1].event
            if last.is_human and last.row["actor_id"] is not None:
                return last.row["actor_id"]
        for reply in reversed(self.replies):
            if reply.row["actor_id"] is not None:
                return reply.row["actor_id"]
        return None

    @property
    def answered_contacts(self) -> list[Typed]:
        """The ticket's contacts that a human answered."""
        return [contact for contact in self.contacts if contact["outcome"] in ANSWERED]

    @property
    def has_human(self) -> bool:
        """A reply, a human solve or an answered contact."""
        return (
            len(self.replies) > 0
            or any(solve.event.is_human for solve in self.solves)
            or len(self.answered_contacts) > 0
        )

    def replies_until(self, instant: datetime) -> list[Event]:
        """Replies not after `instant`."""
        return [reply for reply in self.replies if reply.at <= instant]

    def reply_units_until(self, instant: datetime) -> int:
        """Replies not after `instant`, those of one chat session being one."""
        replies = self.replies_until(instant)
        sessions = {reply.row["session_id"] for reply in replies if reply.row["session_id"] is not None}
        return len(sessions) + sum(1 for reply in replies if reply.row["session_id"] is None)

    def contact_count_until(self, instant: datetime) -> int:
        """Contacts in the sense of first-contact resolution, up to `instant`."""
        replies = self.replies_until(instant)
        sessions = {reply.row["session_id"] for reply in replies if reply.row["session_id"] is not None}
        outside = sum(1 for reply in replies if reply.row["session_id"] is None)
        answered = [
            contact
            for contact in self.answered_contacts
            if (contact["answered_at"] or contact["offered_at"]) <= instant
        ]
        written = sum(1 for contact in answered if contact["channel"] in ("chat", "messaging"))
        return outside + max(len(sessions), written) + (len(answered) - written)

    def touches_until(self, instant: datetime) -> int:
        """Replies and private notes of humans up to `instant`; one agent's in one clock second are one."""
        return len(
            {
                (event.row["actor_id"], event.at.replace(microsecond=0))
                for event in self.events
                if event.is_human and event.row["event_type"] == "message" and event.at <= instant
            }
        )

    def priority_at(self, instant: datetime, include: bool = True) -> tuple[datetime, str]:
        """(since when it was set, priority) in force at `instant`; `include` False leaves out changes at
        it."""
        held = self.priority_spans[0]
        for since, priority in self.priority_spans[1:]:
            if since < instant or (include and since == instant):
                held = (since, priority)
        return held

    def has_escalation(self) -> bool:
        """Any escalation event."""
        return any(event.row["event_type"] == "escalation" for event in self.events)


def _changes(events: list[Event]) -> tuple[str, list[Change]]:
    status_events = [event for event in events if event.row["event_type"] == "status_change"]
    first = (status_events[0].row["old_value"] if status_events else None) or "new"
    status, changes = first, []
    for event in status_events:
        new = event.row["new_value"]
        if new != status:
            changes.append(Change(event, status, new))
            status = new
    return first, changes


def _spans(
    ticket: Typed, events: list[Event], kind: str, first: str, empty: str
) -> list[tuple[datetime, str]]:
    spans = [(ticket["created_at"], first)]
    for event in events:
        if event.row["event_type"] == kind:
            spans.append((event.at, event.row["new_value"] or empty))
    return spans


def _responses(created_at: datetime, events: list[Event]) -> list[Response]:
    responses, waiting_since = [], created_at
    oldest: datetime | None = waiting_since
    for event in events:
        if event.row["actor_type"] == "customer" and event.is_public_message:
            oldest = oldest if oldest is not None else event.at
        elif event.is_reply and oldest is not None:
            responses.append(Response(oldest, event))
            oldest = None
    return responses


def build_tickets(raw: Raw) -> dict[str, Ticket]:
    """Every accepted ticket, in scope or not, by id."""
    events_of: dict[str, list[Typed]] = {}
    for row in raw.tables["raw_ticket_events"]:
        events_of.setdefault(row["ticket_id"], []).append(row)
    contacts_of: dict[str, list[Typed]] = {}
    for row in raw.tables["raw_contacts"]:
        if row["ticket_id"] is not None:
            contacts_of.setdefault(row["ticket_id"], []).append(row)
    stops_on = (
        ("human_agent", "bot")
        if raw.variables["first_response_stops_on"] == "human_or_bot"
        else ("human_agent",)
    )
    tickets = {}
    for row in raw.tables["raw_tickets"]:
        created_at = row["created_at"]
        ordered = sorted(
            events_of.get(row["ticket_id"], []),
            key=lambda event: (event["occurred_at"], len(event["event_id"]), event["event_id"]),
        )
        events = [
            Event(max(event["occurred_at"], created_at), place, event) for place, event in enumerate(ordered)
        ]
        first_status, changes = _changes(events)
        real = {id(change.event) for change in changes}
        priority_events = [event for event in events if event.row["event_type"] == "priority_change"]
        first_priority = (priority_events[0].row["old_value"] if priority_events else None) or row["priority"]
        default_calendar = str(raw.variables["default_calendar_id"])
        tickets[row["ticket_id"]] = Ticket(
            row=row,
            is_in_scope=(
                row["direction"] == "inbound"
                and row["is_spam"] is not True
                and row["is_deleted"] is not True
                and row["is_test"] is not True
                and row["merged_into_ticket_id"] is None
            ),
            events=events,
            first_status=first_status,
            changes=changes,
            replies=[event for event in events if event.is_reply],
            first_response=next(
                (
                    event
                    for event in events
                    if event.is_public_message and event.row["actor_type"] in stops_on
                ),
                None,
            ),
            responses=_responses(created_at, events),
            human_actions=[
                event
                for event in events
                if event.is_human and (event.row["event_type"] == "message" or id(event) in real)
            ],
            calendar_spans=_spans(
                row, events, "calendar_change", row["calendar_id"] or default_calendar, default_calendar
            ),
            priority_spans=_spans(row, events, "priority_change", first_priority, first_priority),
            contacts=contacts_of.get(row["ticket_id"], []),
        )
    return tickets


class Durations:
    """Elapsed time of a ticket on either clock, in microseconds; None where its calendar is unknown."""

    def __init__(self, calendars: Calendars) -> None:
        self.calendars = calendars

    def between(self, ticket: Ticket, clock: str, start: datetime, end: datetime) -> int | None:
        """Microseconds of [start, end) on `clock` ('calendar' or 'business')."""
        if clock == "calendar":
            return micros(start, end)
        in_force = ticket.calendar_spans[0][1]
        for since, calendar_id in ticket.calendar_spans:
            if since <= start:
                in_force = calendar_id
        if not self.calendars.is_known(in_force):
            return None
        total, at = 0, start
        for since, calendar_id in ticket.calendar_spans:
            if not start < since < end:
                continue
            if since > at:
                if not self.calendars.is_known(in_force):
                    return None
                total += self.calendars.open_micros(in_force, at, since)
                at = since
            in_force = calendar_id
        if at < end:
            if not self.calendars.is_known(in_force):
                return None
            total += self.calendars.open_micros(in_force, at, end)
        return total

    def without_pauses(self, ticket: Ticket, clock: str, end: datetime, pauses: list[str]) -> int | None:
        """Microseconds from creation to `end` less the time spent in the statuses of `pauses`."""
        total = self.between(ticket, clock, ticket.created_at, end)
        if total is None:
            return None
        spans = [(ticket.created_at, ticket.first_status)] + [
            (change.event.at, change.new) for change in ticket.changes
        ]
        for index, (since, status) in enumerate(spans):
            until = spans[index + 1][0] if index + 1 < len(spans) else end
            until = min(until, end)
            if status in pauses and since < until:
                total -= self.between(ticket, clock, since, until) or 0
        return total


@dataclass(frozen=True)
class Target:
    """An SLA target in force: minutes on a clock."""

    minutes: Fraction
    clock: str


class SlaPolicies:
    """Chooses the policy row in force."""

    def __init__(self, raw: Raw) -> None:
        zone = str(raw.variables["source_timezone"])
        self.rows: list[dict[str, Any]] = []
        for row in raw.policy["sla_policies"]:
            self.rows.append(
                {
                    **row,
                    "channel": row["channel"].lower(),
                    "from": parse_ts(row["valid_from"], zone) if row["valid_from"] else None,
                    "to": parse_ts(row["valid_to"], zone) if row["valid_to"] else None,
                }
            )

    def target(self, ticket: Ticket, metric: str, priority: str, set_at: datetime) -> Target | None:
        """The target for a priority that was set at `set_at`; None without a policy."""
        candidates = [
            row
            for row in self.rows
            if row["metric"] == metric
            and row["priority"] == priority
            and row["channel"] in ("", ticket.row["channel"] or "")
            and (row["from"] is None or row["from"] <= set_at)
            and (row["to"] is None or set_at < row["to"])
        ]
        if not candidates:
            return None

        def rank(row: dict[str, Any]) -> tuple[bool, bool, float, str]:
            since = row["from"]
            return (
                row["channel"] != "",
                since is not None,
                since.timestamp() if since else 0.0,
                row["sla_policy_id"],
            )

        best = max(candidates, key=rank)
        return Target(Fraction(best["target_minutes"]), best["clock"])


def window_hours(days: Any = 0, hours: Any = 0) -> timedelta:
    """A look-ahead window as exact hours."""
    return timedelta(hours=24 * days + hours)
