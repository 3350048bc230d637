"""The accepted rows seen as a company: who is who, which ticket an action belongs to, and members of each
row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .clock import Calendars, Clock
from .raw import Raw, Typed
from .sheet import Sheet
from .tickets import UNKNOWN, Durations, SlaPolicies, Ticket, build_tickets, window_hours

Members = dict[str, tuple[str, ...]]


@dataclass
class FirstSolve:
    """What first-contact resolution and repeat contacts say of one ticket that a human helped to solve."""

    ticket: Ticket
    at: datetime
    is_mature: bool
    is_repeated: bool
    is_fcr: bool


class Company:
    """All that the KPIs read, prepared once. Needs a `Raw` with at least one dated row."""

    def __init__(self, raw: Raw) -> None:
        assert raw.as_of is not None and raw.first_day is not None and raw.last_day is not None
        self.raw, self.variables, self.as_of = raw, raw.variables, raw.as_of
        self.clock = Clock(str(raw.variables["report_timezone"]), raw.as_of)
        self.tickets = build_tickets(raw)
        self.scope = [ticket for ticket in self.tickets.values() if ticket.is_in_scope]
        self.segments = {row["customer_id"]: row["customer_segment"] for row in raw.tables["raw_customers"]}
        self.agents = {row["agent_id"]: row for row in raw.tables["raw_agents"]}
        instants = [raw.as_of] + [
            instant
            for ticket in self.tickets.values()
            for instant in [ticket.created_at, *(event.at for event in ticket.events)]
        ]
        first = min(raw.first_day, min(instants).date())
        last = max(self.clock.day(raw.as_of), raw.last_day)
        # The whole of the last year: business days of a running period are asked of the calendar too.
        self.calendars = Calendars(
            raw, first.replace(month=1, day=1), last.replace(month=12, day=31) + timedelta(days=7)
        )
        self.durations = Durations(self.calendars)
        self.policies = SlaPolicies(raw)
        self.tickets_of: dict[str, list[Ticket]] = {}
        for ticket in self.scope:
            if ticket.row["customer_id"] is not None:
                self.tickets_of.setdefault(ticket.row["customer_id"], []).append(ticket)
        self.legs_of: dict[str, list[Typed]] = {}
        for leg in raw.tables["raw_contact_legs"]:
            self.legs_of.setdefault(leg["contact_id"], []).append(leg)
        self.surveys = [row for row in raw.tables["raw_survey_responses"] if self._survey_counts(row)]

    def sheet(self) -> Sheet:
        """An empty long table for this company's periods."""
        assert self.raw.first_day is not None and self.raw.last_day is not None
        return Sheet(
            self.clock,
            self.raw.first_day,
            self.raw.last_day,
            int(self.variables["min_responses"]),
            str(self.variables["reporting_currency"]),
        )

    def has(self, table: str) -> bool:
        """Whether a table has an accepted row."""
        return len(self.raw.tables[table]) > 0

    # --- members ----------------------------------------------------------------------------------

    def team_of(self, agent_id: str | None) -> str:
        """The agent's own team, `unknown` when empty or when the agent is."""
        return (self.agents.get(agent_id or "", {}).get("team")) or UNKNOWN

    def tier_of(self, agent_id: str | None) -> int:
        """The agent's tier; first line when empty or unknown."""
        tier = self.agents.get(agent_id or "", {}).get("tier")
        return 1 if tier is None else tier

    def ticket_named(self, row: Typed) -> Ticket | None:
        """The ticket that a row names, if there is one."""
        return self.tickets.get(row["ticket_id"]) if row.get("ticket_id") is not None else None

    def customer_of(self, row: Typed) -> str | None:
        """The row's own customer, else its ticket's."""
        if row.get("customer_id") is not None:
            return row["customer_id"]
        ticket = self.ticket_named(row)
        return ticket.row["customer_id"] if ticket is not None else None

    def segment_of(self, row: Typed) -> str:
        """Segment of the row's customer, else of its ticket's customer."""
        return self.segments.get(self.customer_of(row) or "") or UNKNOWN

    def ticket_members(self, ticket: Ticket, agent_id: str | None, team: str | None = None) -> Members:
        """Members of something that happened to a ticket, by `agent_id`; `team` only when it is not the
        agent's."""
        row = ticket.row
        return {
            "overall": ("all",),
            "channel": (row["channel"] or UNKNOWN,),
            "source": (row["source"] or UNKNOWN,),
            "team": (team if team is not None else self.team_of(agent_id),),
            "agent": (agent_id or UNKNOWN,),
            "priority": (row["priority"],),
            "ticket_type": (row["ticket_type"] or UNKNOWN,),
            "topic": (row["topic"] or UNKNOWN,),
            "status": (row["status"],),
            "customer_segment": (self.segment_of(row),),
        }

    def owner_members(self, ticket: Ticket) -> Members:
        """Members under the current assignee and the ticket's own team."""
        return self.ticket_members(ticket, ticket.row["assignee_id"], ticket.row["team"] or UNKNOWN)

    def resolver_members(self, ticket: Ticket) -> Members:
        """Members under the resolver."""
        return self.ticket_members(ticket, ticket.resolver)

    def survey_members(self, survey: Typed) -> Members:
        """Members of a survey: its own agent, channel and customer first, its ticket's where it has none."""
        ticket = self.ticket_named(survey)
        agent_id = survey["agent_id"] or (ticket.resolver if ticket is not None else None)
        row: dict[str, Any] = ticket.row if ticket is not None else {}
        return {
            "overall": ("all",),
            "channel": (survey["channel"] or row.get("channel") or UNKNOWN,),
            "source": (row.get("source") or UNKNOWN,),
            "team": (self.team_of(agent_id),),
            "agent": (agent_id or UNKNOWN,),
            "priority": (row.get("priority") or UNKNOWN,),
            "ticket_type": (row.get("ticket_type") or UNKNOWN,),
            "topic": (row.get("topic") or UNKNOWN,),
            "status": (row.get("status") or UNKNOWN,),
            "customer_segment": (self.segment_of(survey),),
        }

    def row_members(self, row: Typed, *dimensions: str) -> Members:
        """Members of a row by its own columns; `customer_segment` by its customer."""
        members: Members = {"overall": ("all",)}
        for dimension in dimensions:
            if dimension == "customer_segment":
                members[dimension] = (self.segment_of(row),)
            else:
                members[dimension] = (row.get(dimension) or UNKNOWN,)
        return members

    # --- surveys ----------------------------------------------------------------------------------

    def _survey_counts(self, survey: Typed) -> bool:
        ticket = self.ticket_named(survey)
        return ticket is None or ticket.is_in_scope

    def rated(self, survey_type: str) -> list[Typed]:
        """Answered surveys of a type with a score; of csat only the latest answer of each ticket."""
        rows = [
            row
            for row in self.surveys
            if row["survey_type"] == survey_type
            and row["answered_at"] is not None
            and row["score"] is not None
        ]
        if survey_type != "csat":
            return rows
        latest: dict[str, Typed] = {}
        for row in sorted(rows, key=lambda row: (row["answered_at"], row["response_id"])):
            if row["ticket_id"] is not None:
                latest[row["ticket_id"]] = row
        return [row for row in rows if row["ticket_id"] is None or latest[row["ticket_id"]] is row]

    # --- windows ----------------------------------------------------------------------------------

    def has_ended(self, instant: datetime, window: timedelta) -> bool:
        """Whether the window after `instant` ended by `as_of`."""
        return instant + window <= self.as_of

    def repeats(self, ticket: Ticket, after: datetime) -> bool:
        """Whether a later in-scope ticket of the customer on the topic was created within the window after
        `after`."""
        customer_id, topic = ticket.row["customer_id"], ticket.row["topic"]
        if customer_id is None:
            return False
        until = after + window_hours(days=self.variables["fcr_window_days"])
        for other in self.tickets_of.get(customer_id, []):
            if other is ticket or not after < other.created_at <= until:
                continue
            if topic is None or other.row["topic"] is None:
                if self.variables["fcr_unknown_topic"] == "repeat":
                    return True
            elif other.row["topic"] == topic:
                return True
        return False

    def first_solves(self) -> list[FirstSolve]:
        """Tickets solved now that a human helped with, as first-contact resolution judges them."""
        window = window_hours(days=self.variables["fcr_window_days"])
        found = []
        for ticket in self.scope:
            if not ticket.is_solved_now or not ticket.solves or not ticket.has_human:
                continue
            at, last = ticket.solves[0].event.at, ticket.solves[-1].event.at
            is_repeated = self.repeats(ticket, at)
            reply_after_reopening = any(
                reply.place > reopening.event.place
                for reopening in ticket.reopenings
                for reply in ticket.replies
            )
            is_fcr = (
                ticket.contact_count_until(last) <= 1
                and not ticket.has_escalation()
                and not reply_after_reopening
                and not is_repeated
            )
            found.append(FirstSolve(ticket, at, self.has_ended(at, window), is_repeated, is_fcr))
        return found

    # --- bots -------------------------------------------------------------------------------------

    def end_of(self, conversation: Typed) -> datetime:
        """The end of a bot conversation, else its start."""
        return conversation["ended_at"] or conversation["started_at"]

    def is_mature_conversation(self, conversation: Typed) -> bool:
        """Whether the window after the conversation's end is over."""
        return self.has_ended(
            self.end_of(conversation), window_hours(hours=self.variables["ai_window_hours"])
        )

    def is_bot_resolved(self, conversation: Typed) -> bool:
        """Answered, not handed off, not judged negative, and no ticket or hand-off of the customer
        afterwards."""
        if (
            conversation["answer_count"] < 1
            or conversation["handed_off_at"] is not None
            or conversation["feedback"] == "negative"
        ):
            return False
        customer_id = conversation["customer_id"]
        if customer_id is None:
            return True
        end = self.end_of(conversation)
        until = end + window_hours(hours=self.variables["ai_window_hours"])
        if any(end <= ticket.created_at <= until for ticket in self.tickets_of.get(customer_id, [])):
            return False
        return not any(
            other["customer_id"] == customer_id
            and other["handed_off_at"] is not None
            and end <= other["handed_off_at"] <= until
            for other in self.raw.tables["raw_bot_conversations"]
        )

    def comes_from_conversation(self, ticket: Ticket) -> bool:
        """Whether a conversation names the ticket, or its customer's ticket came during it or soon after."""
        window = window_hours(hours=self.variables["ai_window_hours"])
        for conversation in self.raw.tables["raw_bot_conversations"]:
            if conversation["ticket_id"] == ticket.id:
                return True
            if (
                conversation["customer_id"] is not None
                and conversation["customer_id"] == ticket.row["customer_id"]
                and conversation["started_at"] <= ticket.created_at <= self.end_of(conversation) + window
            ):
                return True
        return False
