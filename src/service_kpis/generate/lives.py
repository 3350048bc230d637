"""The life of tickets, event by event, for many tickets at once.

`Lives` keeps the state of every ticket (status, team, assignee, the instant of its last event) and the events
so far. Each step of a life is one call for all the tickets that take it, so events of a ticket arrive in time
order and need no sorting. What would happen at or after the end of the history does not happen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .columns import NULL
from .company import CALENDARS, CLOSED, NEW, OPEN, PRIORITIES, SOLVED, STATUSES, TEAMS, Company
from .draws import BoolArray, IntArray

EVENT_TYPES = (
    "message",
    "status_change",
    "priority_change",
    "assignment",
    "team_change",
    "escalation",
    "calendar_change",
)
MESSAGE, STATUS_CHANGE, PRIORITY_CHANGE, ASSIGNMENT, TEAM_CHANGE, ESCALATION, CALENDAR_CHANGE = range(7)
ACTORS = ("customer", "human_agent", "bot", "system")
CUSTOMER, HUMAN, BOT, SYSTEM = range(4)

# old_value and new_value are positions in one list of words, agents last.
_ESCALATION_WORDS = ("2", "3", "manager", "department")
_PRIORITY = len(STATUSES)
_TEAM = _PRIORITY + len(PRIORITIES)
_CALENDAR = _TEAM + len(TEAMS)
_ESCALATED = _CALENDAR + len(CALENDARS)
_AGENT = _ESCALATED + len(_ESCALATION_WORDS)


def value_words(company: Company) -> list[str]:
    """The words to which `old` and `new` of the events point."""
    agents = [f"A{number:08d}" for number in range(len(company.agents.team))]
    return [*STATUSES, *PRIORITIES, *TEAMS, *CALENDARS, *_ESCALATION_WORDS, *agents]


class Lives:
    """State and events of `len(created)` tickets; `rows` are positions in that range, each once a call."""

    def __init__(
        self,
        created: IntArray,
        customer: IntArray,
        priority: IntArray,
        team: IntArray,
        calendar: IntArray,
        end: int,
    ) -> None:
        count = len(created)
        self._end = end
        self.created = created
        self.now = created.copy()
        self.updated = created.copy()
        self.customer = customer
        self.status = np.full(count, NEW)
        self.priority = priority.copy()
        self.team = team.copy()
        self.calendar = calendar.copy()
        self.assignee = np.full(count, NULL)
        self.event_count = np.zeros(count, dtype=np.int64)
        self.first_reply = np.full(count, NULL)
        self.last_solve = np.full(count, NULL)
        self.solver = np.full(count, NULL)
        self.reply_count = np.zeros(count, dtype=np.int64)
        self.is_reopened = np.zeros(count, dtype=bool)
        self.is_escalated = np.zeros(count, dtype=bool)
        self._steps: list[dict[str, IntArray]] = []

    def _emit(
        self,
        rows: IntArray,
        at: IntArray,
        kind: int,
        actor: int | IntArray,
        actor_id: int | IntArray = NULL,
        is_public: int = NULL,
        old: int | IntArray = -1,
        new: int | IntArray = -1,
        session: int | IntArray = NULL,
    ) -> tuple[IntArray, IntArray, BoolArray]:
        """Add an event to each of `rows`; returns rows and instants of those before the end, and which."""
        at = np.maximum(at, self.now[rows])
        self.now[rows] = at
        happens = at < self._end
        kept, when = rows[happens], at[happens]

        def column(value: int | IntArray) -> IntArray:
            return np.broadcast_to(np.asarray(value, dtype=np.int64), rows.shape)[happens]

        self._steps.append(
            {
                "row": kept,
                "at": when,
                "kind": np.full(len(kept), kind),
                "actor": column(actor),
                "actor_id": column(actor_id),
                "is_public": np.full(len(kept), is_public),
                "old": column(old),
                "new": column(new),
                "session": column(session),
            }
        )
        self.event_count[kept] += 1
        self.updated[kept] = when
        return kept, when, happens

    def reply(self, rows: IntArray, at: IntArray, agent: IntArray, session: int | IntArray = NULL) -> None:
        """A public message of an agent."""
        kept, when, _ = self._emit(rows, at, MESSAGE, HUMAN, agent, is_public=1, session=session)
        self.first_reply[kept] = np.where(self.first_reply[kept] == NULL, when, self.first_reply[kept])
        self.reply_count[kept] += 1

    def note(self, rows: IntArray, at: IntArray, agent: IntArray) -> None:
        """A private note of an agent."""
        self._emit(rows, at, MESSAGE, HUMAN, agent, is_public=0)

    def customer_message(self, rows: IntArray, at: IntArray, session: int | IntArray = NULL) -> None:
        """A public message of the ticket's customer."""
        self._emit(rows, at, MESSAGE, CUSTOMER, self.customer[rows], is_public=1, session=session)

    def automatic_message(self, rows: IntArray, at: IntArray, actor: int, agent: int = NULL) -> None:
        """A public message of the system or of a bot."""
        self._emit(rows, at, MESSAGE, actor, agent, is_public=1)

    def change_status(
        self,
        rows: IntArray,
        at: IntArray,
        status: int,
        actor: int | IntArray,
        actor_id: int | IntArray = NULL,
    ) -> None:
        """Into a status, for those of the tickets that are in another one."""
        moves = self.status[rows] != status
        actor = np.broadcast_to(np.asarray(actor, dtype=np.int64), rows.shape)[moves]
        actor_id = np.broadcast_to(np.asarray(actor_id, dtype=np.int64), rows.shape)[moves]
        rows, at = rows[moves], at[moves]
        old = self.status[rows]
        kept, when, happens = self._emit(rows, at, STATUS_CHANGE, actor, actor_id, old=old, new=status)
        was_solved = self.status[kept] >= SOLVED
        if status >= SOLVED:
            solved = kept[~was_solved]
            self.last_solve[solved] = when[~was_solved]
            self.solver[solved] = np.where(actor == HUMAN, actor_id, NULL)[happens][~was_solved]
        else:
            self.is_reopened[kept[was_solved]] = True
        self.status[kept] = status

    def repeat_status(self, rows: IntArray, at: IntArray, agent: IntArray) -> None:
        """A change into the status already held, as some tools write: it means nothing."""
        self._emit(rows, at, STATUS_CHANGE, HUMAN, agent, old=self.status[rows], new=self.status[rows])

    def assign(
        self, rows: IntArray, at: IntArray, agent: IntArray, actor: int, actor_id: int | IntArray = NULL
    ) -> None:
        """To an agent."""
        former = self.assignee[rows]
        old = np.where(former == NULL, -1, former + _AGENT)
        kept, _, happens = self._emit(rows, at, ASSIGNMENT, actor, actor_id, old=old, new=agent + _AGENT)
        self.assignee[kept] = agent[happens]

    def change_priority(self, rows: IntArray, at: IntArray, priority: IntArray, agent: IntArray) -> None:
        """Into another priority."""
        old = self.priority[rows] + _PRIORITY
        kept, _, happens = self._emit(
            rows, at, PRIORITY_CHANGE, HUMAN, agent, old=old, new=priority + _PRIORITY
        )
        self.priority[kept] = priority[happens]

    def change_team(self, rows: IntArray, at: IntArray, team: int, agent: IntArray) -> None:
        """To another team."""
        old = self.team[rows] + _TEAM
        kept, _, _ = self._emit(rows, at, TEAM_CHANGE, HUMAN, agent, old=old, new=team + _TEAM)
        self.team[kept] = team

    def change_calendar(self, rows: IntArray, at: IntArray, calendar: int, agent: IntArray) -> None:
        """To another desk's opening hours."""
        old = self.calendar[rows] + _CALENDAR
        kept, _, _ = self._emit(rows, at, CALENDAR_CHANGE, HUMAN, agent, old=old, new=calendar + _CALENDAR)
        self.calendar[kept] = calendar

    def escalate(self, rows: IntArray, at: IntArray, word: int, agent: IntArray) -> None:
        """To the second (0) or third (1) line, a manager (2) or another department (3)."""
        kept, _, _ = self._emit(rows, at, ESCALATION, HUMAN, agent, new=word + _ESCALATED)
        self.is_escalated[kept] = True

    def events(self) -> dict[str, IntArray]:
        """All events, ticket after ticket, each ticket's in the order in which they happened."""
        first = np.concatenate(([0], np.cumsum(self.event_count)))
        filled = first[:-1].copy()
        names: Sequence[str] = list(self._steps[0]) if self._steps else []
        columns = {name: np.empty(int(first[-1]), dtype=np.int64) for name in names}
        for step in self._steps:
            rows = step["row"]
            place = filled[rows]
            filled[rows] += 1
            for name in names:
                columns[name][place] = step[name]
        self._steps.clear()
        return columns


__all__ = ["BOT", "CLOSED", "CUSTOMER", "HUMAN", "OPEN", "SYSTEM", "Lives", "value_words"]
