"""raw_tickets and raw_ticket_events: who writes about what, and what then happens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import texts
from .columns import NULL, Column, Flags, Ids, Instants, Texts, Words, empty_texts, flags
from .company import (
    BILLING,
    BILLING_TOPICS,
    CALENDARS,
    CARE,
    CHANNELS,
    CHAT,
    CLOSED,
    DAY,
    EMAIL,
    ENGINEERING,
    FR,
    HIGH,
    HOUR,
    MONTREAL,
    MTL,
    NETWORKS,
    ON_HOLD,
    OPEN,
    PENDING,
    PHONE,
    PRIORITIES,
    SOCIAL,
    SOCIAL_TEAM,
    SOLVED,
    STATUSES,
    TEAM_TIERS,
    TEAMS,
    TECHNICAL,
    TECHNICAL_TOPICS,
    TICKET_TYPES,
    TOPIC_WEIGHTS,
    TOPICS,
    URGENT,
    WEB,
    Company,
)
from .draws import BoolArray, FloatArray, IntArray
from .lives import ACTORS, BOT, CUSTOMER, EVENT_TYPES, HUMAN, MESSAGE, SYSTEM, Lives, value_words

_OPEN_CHANNEL_WEIGHTS = (36, 20, 24, 7, 13)
_CLOSED_CHANNEL_WEIGHTS = (50, 0, 0, 16, 34)
_SOURCES = ("mailbox", "chat_widget", "phone_line", "web_form", "customer_area", *NETWORKS[:3])

# Customers that the customer table does not know: legal, and found in every real export.
_UNKNOWN_CUSTOMER = 90_000_000


@dataclass(frozen=True)
class Tickets:
    """Tickets numbered low to high - 1 and what the tables about them need to know: one value a ticket."""

    number: IntArray
    created: IntArray
    customer: IntArray
    channel: IntArray
    topic: IntArray
    calendar: IntArray
    network: IntArray
    agent: IntArray
    is_outbound: BoolArray
    is_bot_only: BoolArray
    is_in_scope: BoolArray
    has_call: BoolArray
    talk_seconds: IntArray
    session_end: IntArray
    response_seconds: IntArray
    lives: Lives
    columns: dict[str, Column]


def _own(company: Company, number: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Calendar, customer and topic that a ticket has unless it follows up another one."""
    draws = company.draws
    created = company.created[number]
    hour = created // HOUR - company.start // HOUR
    calendar = draws.chance("ticket.calendar", number, company.montreal_share[hour]).astype(np.int64)
    known = np.maximum(np.searchsorted(company.customer_since, created, side="right"), 6)
    share = draws.uniform("ticket.customer", number)
    share = 0.5 * share + 0.5 * share * share
    # Every sixth customer lives in Canada.
    french = (share * (known - known // 6)).astype(np.int64)
    customer = np.where(
        calendar == MTL, (share * (known // 6)).astype(np.int64) * 6 + 5, french + french // 5
    )
    topic = draws.pick("ticket.topic", number, TOPIC_WEIGHTS)
    is_new_topic = (created >= company.before_end(6)) & draws.chance("ticket.e_invoicing", number, 0.06)
    return calendar, customer, np.where(is_new_topic, TOPICS.index("e_invoicing"), topic)


def _follows(company: Company, number: IntArray) -> tuple[BoolArray, IntArray]:
    """Whether a ticket follows up an earlier one, and which."""
    draws = company.draws
    reach = max(int(company.tickets_per_day * 6), 2)
    former = number - 1 - draws.below("ticket.former", number, reach)
    is_merged = draws.chance("ticket.merged", number, 0.018)
    return (former >= 0) & (is_merged | draws.chance("ticket.follows", number, 0.075)), np.maximum(former, 0)


def _identity(company: Company, number: IntArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Calendar, customer and topic of each ticket, and the ticket that it follows (NULL: none)."""
    calendar, customer, topic = _own(company, number)
    follows, former = _follows(company, number)
    rows = np.flatnonzero(follows)
    head = former[rows]
    for _ in range(3):
        again, before = _follows(company, head)
        head = np.where(again, before, head)
    calendar[rows], customer[rows], topic[rows] = _own(company, head)
    return calendar, customer, topic, np.where(follows, former, NULL)


def _team(
    company: Company, number: IntArray, calendar: IntArray, channel: IntArray, topic: IntArray
) -> IntArray:
    """The team in which a ticket is born."""
    is_technical = np.isin(topic, TECHNICAL_TOPICS) & company.draws.chance("ticket.technical", number, 0.35)
    team = np.where(np.isin(topic, BILLING_TOPICS), BILLING, np.where(is_technical, TECHNICAL, CARE))
    team = np.where(channel == SOCIAL, SOCIAL_TEAM, team)
    return np.where(calendar == MTL, MONTREAL, team)


def is_hurried(company: Company, team: IntArray, instants: IntArray) -> BoolArray:
    """Billing since three months before the end: quick answers that settle less."""
    return (team == BILLING) & (instants >= company.before_end(3))


def build_tickets(company: Company, low: int, high: int) -> Tickets:
    """Simulate the tickets numbered low to high - 1."""
    draws = company.draws
    number = np.arange(low, high)
    created = company.created[low:high]
    calendar, customer, topic, former = _identity(company, number)
    is_open = company.is_open(calendar, created)
    channel = np.where(
        is_open,
        draws.pick("ticket.channel", number, _OPEN_CHANNEL_WEIGHTS),
        draws.pick("ticket.channel_closed", number, _CLOSED_CHANNEL_WEIGHTS),
    )
    network = np.where(channel == SOCIAL, draws.pick("ticket.network", number, (5, 3, 3)), -1)
    team = _team(company, number, calendar, channel, topic)
    # No topic on file, though the team was chosen by it.
    topic = np.where(draws.chance("ticket.no_topic", number, 0.04), -1, topic)

    # What becomes of it: at most one of these.
    is_merged = (former != NULL) & draws.chance("ticket.merged", number, 0.018)
    is_spam = ~is_merged & np.isin(channel, (EMAIL, WEB)) & draws.chance("ticket.spam", number, 0.035)
    is_outbound = (
        ~is_merged
        & ~is_spam
        & is_open
        & np.isin(channel, (EMAIL, PHONE))
        & draws.chance("ticket.outbound", number, 0.07)
    )
    is_plain = ~is_merged & ~is_spam & ~is_outbound
    is_bot_only = is_plain & np.isin(channel, (CHAT, WEB)) & draws.chance("ticket.bot_only", number, 0.13)
    is_test = is_plain & draws.chance("ticket.test", number, 0.004)
    is_deleted = is_plain & draws.chance("ticket.deleted", number, 0.005)

    is_unknown = draws.chance("ticket.unknown_customer", number, 0.0008)
    customer = np.where(is_unknown, _UNKNOWN_CUSTOMER + customer % 1000, customer)
    is_anonymous = is_spam | (
        np.isin(channel, (PHONE, SOCIAL)) & draws.chance("ticket.anonymous", number, 0.08)
    )
    customer = np.where(is_anonymous & (former == NULL), NULL, customer)

    priority = draws.pick("ticket.priority", number, (15, 61, 18, 6))
    lives = Lives(created, customer, priority, team, calendar, company.end)
    agent = company.agent_of("ticket.agent", number, team, created)

    # Nothing at all ever happens to a few of them.
    is_silent = draws.chance("ticket.silent", number, 0.012) & ~is_outbound
    is_normal = ~is_merged & ~is_spam & ~is_bot_only & ~is_silent

    _acknowledge(company, lives, number, channel, ~is_silent & ~is_outbound)
    _end_spam_and_duplicates(company, lives, number, is_spam & ~is_silent, is_merged & ~is_silent, agent)
    _answer_by_bot(company, lives, number, is_bot_only & ~is_silent)
    agent = _triage(company, lives, number, channel, is_normal & ~is_outbound, agent)
    talk = draws.seconds(
        "ticket.talk", number, np.where(is_hurried(company, team, created), 190.0, 280.0), 0.55
    )
    response = _first_reply(company, lives, number, channel, is_normal, is_outbound, agent, talk)
    session_end = _chat(company, lives, number, channel, is_normal & ~is_outbound, agent)
    agent = _escalate(company, lives, number, is_normal & ~is_outbound, agent)
    _exchange(company, lives, number, channel, is_normal, agent)
    _solve(company, lives, number, channel, is_normal, agent)
    _reopen(company, lives, number, is_normal & ~is_outbound, agent)

    ticket_type = draws.pick("ticket.type", number, (42, 24, 8, 18, 8))
    ticket_type = np.where(draws.chance("ticket.no_type", number, 0.03), -1, ticket_type)
    source = np.select(
        [channel == SOCIAL, channel == WEB],
        [5 + network, 3 + draws.below("ticket.source", number, 2)],
        default=channel,
    )
    assignee = np.where(draws.chance("ticket.lost_agent", number, 0.0006), 99_999_999, lives.assignee)
    columns: dict[str, Column] = {
        "ticket_id": Ids(number, "T"),
        "customer_id": Ids(customer, "C"),
        "direction": Words(is_outbound.astype(np.int64), ("inbound", "outbound")),
        "channel": Words(channel, CHANNELS),
        "source": Words(source, _SOURCES),
        "ticket_type": Words(ticket_type, TICKET_TYPES),
        "topic": Words(topic, TOPICS),
        "priority": Words(lives.priority, PRIORITIES),
        "status": Words(lives.status, STATUSES),
        "team": Words(lives.team, TEAMS),
        "assignee_id": Ids(assignee, "A"),
        # Empty where the desk is the default one and nobody wrote it down.
        "calendar_id": Words(
            np.where((calendar == FR) & draws.chance("ticket.no_calendar", number, 0.1), -1, calendar),
            CALENDARS,
        ),
        "created_at": Instants(created),
        "updated_at": Instants(lives.updated),
        "is_spam": flags(is_spam),
        "is_deleted": flags(is_deleted),
        "is_test": flags(is_test),
        "merged_into_ticket_id": Ids(np.where(is_merged, former, NULL), "T"),
    }
    return Tickets(
        number=number,
        created=created,
        customer=customer,
        channel=channel,
        topic=topic,
        calendar=calendar,
        network=network,
        agent=agent,
        is_outbound=is_outbound,
        is_bot_only=is_bot_only,
        is_in_scope=~(is_spam | is_merged | is_outbound | is_test | is_deleted),
        has_call=(channel == PHONE) & is_normal & ~is_outbound,
        talk_seconds=talk,
        session_end=session_end,
        response_seconds=response,
        lives=lives,
        columns=columns,
    )


def _after_work(
    company: Company,
    lives: Lives,
    number: IntArray,
    rows: IntArray,
    name: str,
    median: float | FloatArray,
    sigma: float,
) -> IntArray:
    """When agents have got to it: a drawn number of open seconds after the ticket's last event."""
    seconds = company.draws.seconds(name, number[rows], median, sigma)
    return company.advance(lives.calendar[rows], lives.now[rows], seconds)


def _acknowledge(
    company: Company, lives: Lives, number: IntArray, channel: IntArray, lives_on: BoolArray
) -> None:
    is_acknowledged = (
        lives_on & np.isin(channel, (EMAIL, WEB)) & company.draws.chance("ticket.receipt", number, 0.5)
    )
    rows = np.flatnonzero(is_acknowledged)
    lives.automatic_message(
        rows, lives.created[rows] + 2 + company.draws.below("ticket.receipt_at", number[rows], 7), SYSTEM
    )


def _end_spam_and_duplicates(
    company: Company,
    lives: Lives,
    number: IntArray,
    is_spam: BoolArray,
    is_merged: BoolArray,
    agent: IntArray,
) -> None:
    rows = np.flatnonzero(is_spam)
    at = _after_work(company, lives, number, rows, "spam.end", 5_400.0, 1.0)
    lives.change_status(rows, at, CLOSED, HUMAN, agent[rows])
    rows = np.flatnonzero(is_merged)
    at = _after_work(company, lives, number, rows, "merge.end", 4_000.0, 1.0)
    lives.change_status(rows, at, CLOSED, HUMAN, agent[rows])


def _answer_by_bot(company: Company, lives: Lives, number: IntArray, is_bot_only: BoolArray) -> None:
    draws = company.draws
    rows = np.flatnonzero(is_bot_only)
    bot = company.agents.chat_bot
    at = lives.created[rows] + draws.seconds("bot.reply", number[rows], 12.0, 0.5)
    lives.automatic_message(rows, at, BOT, bot)
    back = rows[draws.chance("bot.question", number[rows], 0.4)]
    lives.customer_message(back, lives.now[back] + draws.seconds("bot.question_at", number[back], 70.0, 0.7))
    lives.automatic_message(back, lives.now[back] + 6, BOT, bot)
    lives.change_status(
        rows, lives.now[rows] + draws.seconds("bot.solve", number[rows], 500.0, 0.8), SOLVED, BOT, bot
    )
    # The bot thought that it was done.
    again = rows[(lives.status[rows] == SOLVED) & draws.chance("bot.reopen", number[rows], 0.1)]
    lives.customer_message(
        again, lives.now[again] + draws.seconds("bot.reopen_at", number[again], 20_000.0, 1.0)
    )
    lives.change_status(again, lives.now[again], OPEN, SYSTEM)
    agent = company.agent_of("bot.agent", number[again], lives.team[again], lives.now[again])
    lives.assign(again, lives.now[again], agent, SYSTEM)
    lives.reply(
        again,
        _after_work(company, lives, number, again, "bot.human", 5_000.0, 0.9),
        agent,
    )
    lives.change_status(again, lives.now[again], SOLVED, HUMAN, agent)
    _close(company, lives, number, rows)


def _triage(
    company: Company, lives: Lives, number: IntArray, channel: IntArray, is_worked: BoolArray, agent: IntArray
) -> IntArray:
    """Priority, team and calendar, put right before the first reply. Returns who works on each ticket."""
    draws = company.draws
    is_sorted = is_worked & np.isin(channel, (EMAIL, WEB, SOCIAL))
    rows = np.flatnonzero(is_sorted & draws.chance("triage.priority", number, 0.07))
    at = _after_work(company, lives, number, rows, "triage.at", 500.0, 0.8)
    raised = np.where(lives.priority[rows] >= HIGH, lives.priority[rows] - 1, lives.priority[rows] + 1)
    raised = np.where(
        draws.chance("triage.urgent", number[rows], 0.25) & (lives.priority[rows] != URGENT), URGENT, raised
    )
    lives.change_priority(rows, at, raised, agent[rows])

    rows = np.flatnonzero(
        is_sorted & np.isin(lives.team, (CARE, BILLING)) & draws.chance("triage.team", number, 0.04)
    )
    at = _after_work(company, lives, number, rows, "triage.team_at", 900.0, 0.8)
    lives.change_team(rows, at, TECHNICAL, agent[rows])
    moved = company.agent_of("triage.agent", number[rows], np.full(len(rows), TECHNICAL), at)
    agent = agent.copy()
    agent[rows] = moved

    rows = np.flatnonzero(
        is_sorted
        & (lives.calendar == FR)
        & (lives.team == TECHNICAL)
        & draws.chance("triage.calendar", number, 0.08)
    )
    at = _after_work(company, lives, number, rows, "triage.calendar_at", 1200.0, 0.6)
    lives.change_calendar(rows, at, MTL, agent[rows])
    return agent


def _first_reply(
    company: Company,
    lives: Lives,
    number: IntArray,
    channel: IntArray,
    is_normal: BoolArray,
    is_outbound: BoolArray,
    agent: IntArray,
    talk: IntArray,
) -> IntArray:
    """Assignment and first reply. Returns the open seconds that the customer was made to wait (0 = none)."""
    draws = company.draws
    median = np.array([5_200.0, 42.0, 60.0, 2_900.0, 7_400.0])[channel]
    median = median * np.array([1.5, 1.1, 0.6, 0.3])[lives.priority]
    # Each agent has a pace.
    median = median * (0.75 + 0.5 * draws.uniform("agent.pace", agent))
    # E-mail: worse every day of the last five months.
    since = company.before_end(5)
    worse = np.clip((lives.created - since) / max(company.end - since, 1), 0.0, 1.0)
    hurried = is_hurried(company, lives.team, lives.created)
    median = np.where((channel == EMAIL) & ~hurried, median * (1.0 + 2.2 * worse), median)
    median = np.where(hurried & (channel != CHAT), median * 0.3, median)
    seconds = np.where(
        channel == CHAT,
        draws.seconds("reply.chat", number, median, 0.6),
        draws.seconds("reply.first", number, median, 0.95),
    )

    # Phone: the ticket is opened during the call; what may be written follows it.
    is_called = channel == PHONE
    at = company.advance(lives.calendar, lives.now, seconds)
    at = np.where(is_called, lives.created + talk + 40 + draws.below("reply.after_call", number, 400), at)
    # A few agents write late in the evening.
    is_late = ~is_called & (channel != CHAT) & draws.chance("reply.late", number, 0.02)
    at = np.where(is_late, at + 2 * HOUR, at)
    at = np.where(is_outbound, lives.created, at)

    rows = np.flatnonzero(is_normal)
    share = draws.uniform("reply.assigned", number[rows])
    assigned_at = lives.now[rows] + ((at[rows] - lives.now[rows]) * share * 0.98).astype(np.int64)
    assigned_at = np.where(channel[rows] == PHONE, lives.created[rows], assigned_at)
    by_system = draws.chance("reply.by_system", number[rows], 0.6)
    automatic = rows[by_system]
    lives.assign(automatic, lives.now[automatic] + 20, agent[automatic], SYSTEM)
    by_hand = draws.chance("reply.by_hand", number[rows], 0.55) & ~by_system
    taken = rows[by_hand]
    lives.assign(taken, assigned_at[by_hand], agent[taken], HUMAN, agent[taken])

    is_noted = is_normal & (channel != CHAT) & ~is_outbound & draws.chance("reply.note", number, 0.17)
    rows = np.flatnonzero(is_noted)
    lives.note(
        rows,
        np.maximum(at[rows] - 30 - draws.below("reply.note_at", number[rows], 600), lives.created[rows]),
        agent[rows],
    )

    is_opened = is_normal & draws.chance("reply.opened", number, 0.8)
    is_replied = is_normal & np.where(
        is_called & ~is_outbound,
        draws.chance("reply.written", number, 0.5),
        draws.chance("reply.any", number, 0.975),
    )
    rows = np.flatnonzero(is_opened & (is_replied | is_called))
    lives.change_status(rows, at[rows], OPEN, HUMAN, agent[rows])
    rows = np.flatnonzero(is_replied)
    session = np.where(channel[rows] == CHAT, number[rows] * 10, NULL)
    lives.reply(rows, at[rows], agent[rows], session)
    return np.where(is_replied & ~is_called & ~is_outbound, seconds, 0)


def _chat(
    company: Company, lives: Lives, number: IntArray, channel: IntArray, is_worked: BoolArray, agent: IntArray
) -> IntArray:
    """The rest of the chat session. Returns its last instant (NULL: no session)."""
    draws = company.draws
    is_chat = is_worked & (channel == CHAT) & (lives.first_reply != NULL)
    for turn in range(3):
        rows = np.flatnonzero(is_chat & (draws.below("chat.turns", number, 4) > turn))
        session = number[rows] * 10
        lives.customer_message(
            rows, lives.now[rows] + draws.seconds(f"chat.customer{turn}", number[rows], 45.0, 0.6), session
        )
        lives.reply(
            rows,
            lives.now[rows] + draws.seconds(f"chat.agent{turn}", number[rows], 60.0, 0.6),
            agent[rows],
            session,
        )
    return np.where(is_chat, np.minimum(lives.now + 45, company.end - 1), NULL)


def _escalate(
    company: Company, lives: Lives, number: IntArray, is_worked: BoolArray, agent: IntArray
) -> IntArray:
    """To the second line, the engineers, a manager, another department. Returns who works on each ticket."""
    draws = company.draws
    tier = np.array(TEAM_TIERS)[lives.team]
    is_technical = np.isin(lives.team, (CARE, MONTREAL))
    share = np.where(tier == 1, np.where(is_technical, 0.1, 0.045), 0.06)
    is_escalated = is_worked & (lives.event_count > 0) & draws.chance("escalation.any", number, share)
    word = draws.pick("escalation.to", number, (70, 0, 18, 12))
    word = np.where((tier >= 2) & (word == 0), 1, word)
    agent = agent.copy()
    for step, team in ((0, TECHNICAL), (1, ENGINEERING), (2, None), (3, None)):
        rows = np.flatnonzero(is_escalated & (word == step))
        delay = draws.seconds("escalation.delay", number[rows], 2_400.0, 0.9)
        at = company.advance(lives.calendar[rows], lives.now[rows], delay)
        lives.escalate(rows, at, step, agent[rows])
        if team is None:
            lives.note(rows, lives.now[rows] + 90, agent[rows])
            continue
        lives.change_team(rows, lives.now[rows], team, agent[rows])
        taker = company.agent_of("escalation.agent", number[rows], np.full(len(rows), team), lives.now[rows])
        lives.assign(rows, lives.now[rows] + 15, taker, HUMAN, agent[rows])
        agent[rows] = taker
        # Callers to whom nobody has written are called back instead: nothing shows but the note.
        is_written = lives.first_reply[rows] != NULL
        lives.note(rows[~is_written], lives.now[rows[~is_written]] + 1_800, taker[~is_written])
        rows, taker = rows[is_written], taker[is_written]
        lives.reply(
            rows,
            _after_work(company, lives, number, rows, "escalation.reply", 9_000.0, 0.9),
            taker,
        )
    return agent


def _exchange(
    company: Company, lives: Lives, number: IntArray, channel: IntArray, is_normal: BoolArray, agent: IntArray
) -> None:
    """Questions back and forth until the last answer."""
    draws = company.draws
    turns = draws.pick("exchange.turns", number, (66, 22, 8, 4))
    turns = np.where(
        (channel == CHAT) | (channel == PHONE),
        np.minimum(turns, 1) * draws.below("exchange.after", number, 2),
        turns,
    )
    for turn in range(3):
        is_going_on = is_normal & (turns > turn) & (lives.first_reply != NULL)
        waits = np.flatnonzero(is_going_on & draws.chance(f"exchange.pending{turn}", number, 0.4))
        lives.change_status(waits, lives.now[waits], PENDING, HUMAN, agent[waits])
        rows = np.flatnonzero(is_going_on)
        lives.customer_message(
            rows, lives.now[rows] + draws.seconds(f"exchange.customer{turn}", number[rows], 9_000.0, 1.3)
        )
        back = rows[lives.status[rows] == PENDING]
        lives.change_status(back, lives.now[back], OPEN, SYSTEM)
        noted = rows[draws.chance(f"exchange.note{turn}", number[rows], 0.15)]
        lives.note(
            noted,
            _after_work(company, lives, number, noted, f"exchange.note_at{turn}", 1_500.0, 0.8),
            agent[noted],
        )
        delay = draws.seconds(
            f"exchange.agent{turn}",
            number[rows],
            np.where(is_hurried(company, lives.team[rows], lives.now[rows]), 2_500.0, 6_500.0),
            0.9,
        )
        lives.reply(rows, company.advance(lives.calendar[rows], lives.now[rows], delay), agent[rows])
    rows = np.flatnonzero(
        is_normal
        & (lives.status != PENDING)
        & (lives.first_reply != NULL)
        & draws.chance("exchange.hold", number, 0.025)
    )
    lives.change_status(rows, lives.now[rows], ON_HOLD, HUMAN, agent[rows])
    lives.change_status(
        rows,
        _after_work(company, lives, number, rows, "exchange.hold_for", 70_000.0, 0.7),
        OPEN,
        HUMAN,
        agent[rows],
    )
    lives.reply(rows, lives.now[rows] + 300, agent[rows])


def _solve(
    company: Company, lives: Lives, number: IntArray, channel: IntArray, is_normal: BoolArray, agent: IntArray
) -> None:
    draws = company.draws
    is_solved = is_normal & ~draws.chance("solve.never", number, 0.035)
    # Left waiting for the customer, for a supplier, or just left.
    left = np.flatnonzero(is_normal & ~is_solved & (lives.status == OPEN))
    waits_for = draws.pick("solve.waits_for", number[left], (45, 20, 35))
    for choice, status in ((0, PENDING), (1, ON_HOLD)):
        rows = left[waits_for == choice]
        lives.change_status(rows, lives.now[rows] + 120, status, HUMAN, agent[rows])
    # Nobody answered the agent's question: the tool gives up.
    rows = np.flatnonzero(
        is_solved
        & (lives.status == OPEN)
        & np.isin(channel, (EMAIL, WEB))
        & draws.chance("solve.no_answer", number, 0.08)
    )
    lives.change_status(rows, lives.now[rows], PENDING, HUMAN, agent[rows])
    lives.change_status(rows, lives.now[rows] + 3 * DAY, SOLVED, SYSTEM)
    # The customer found the answer.
    rows = np.flatnonzero(is_solved & (lives.status < SOLVED) & draws.chance("solve.customer", number, 0.04))
    lives.change_status(
        rows,
        lives.now[rows] + draws.seconds("solve.customer_at", number[rows], 30_000.0, 1.0),
        SOLVED,
        CUSTOMER,
        lives.customer[rows],
    )
    # With the last reply, or later.
    is_at_once = (lives.first_reply != NULL) & draws.chance(
        "solve.at_once", number, np.where(is_hurried(company, lives.team, lives.now), 0.9, 0.55)
    )
    rows = np.flatnonzero(is_solved & (lives.status < SOLVED))
    median = np.where(channel[rows] == CHAT, 300.0, np.where(channel[rows] == PHONE, 900.0, 13_000.0))
    later = _after_work(company, lives, number, rows, "solve.delay", median, 1.1)
    at = np.where(is_at_once[rows], lives.now[rows], later)
    lives.change_status(rows, at, SOLVED, HUMAN, agent[rows])
    twice = np.flatnonzero((lives.status == SOLVED) & is_normal & draws.chance("solve.twice", number, 0.002))
    lives.repeat_status(twice, lives.now[twice] + 4, agent[twice])


def _reopen(company: Company, lives: Lives, number: IntArray, is_worked: BoolArray, agent: IntArray) -> None:
    draws = company.draws
    is_open_ended = is_worked & (lives.first_reply != NULL)
    # « Merci ! »: the tool reopens, an agent shuts it again without a word.
    rows = np.flatnonzero(is_open_ended & (lives.status == SOLVED) & draws.chance("thanks.any", number, 0.02))
    lives.customer_message(rows, lives.now[rows] + draws.seconds("thanks.at", number[rows], 5_000.0, 1.0))
    lives.change_status(rows, lives.now[rows], OPEN, SYSTEM)
    lives.change_status(
        rows,
        _after_work(company, lives, number, rows, "thanks.solve", 3_000.0, 0.8),
        SOLVED,
        HUMAN,
        agent[rows],
    )
    # Not settled after all, once or twice.
    for turn in range(2):
        share = np.where(is_hurried(company, lives.team, lives.now), 0.26, 0.05)
        rows = np.flatnonzero(
            is_open_ended & (lives.status == SOLVED) & draws.chance(f"reopen.any{turn}", number, share)
        )
        lives.customer_message(
            rows, lives.now[rows] + draws.seconds(f"reopen.at{turn}", number[rows], 90_000.0, 1.0)
        )
        lives.change_status(rows, lives.now[rows], OPEN, SYSTEM)
        lives.reply(
            rows,
            _after_work(company, lives, number, rows, f"reopen.reply{turn}", 7_000.0, 0.9),
            agent[rows],
        )
        still = rows[lives.status[rows] == OPEN]
        lives.change_status(
            still,
            _after_work(company, lives, number, still, f"reopen.solve{turn}", 4_000.0, 1.0),
            SOLVED,
            HUMAN,
            agent[still],
        )
    _close(company, lives, number, np.flatnonzero(is_worked))


def _close(company: Company, lives: Lives, number: IntArray, rows: IntArray) -> None:
    """The tool closes what has been solved for five days."""
    rows = rows[(lives.status[rows] == SOLVED) & company.draws.chance("close.any", number[rows], 0.72)]
    lives.change_status(rows, lives.now[rows] + 5 * DAY, CLOSED, SYSTEM)


def event_columns(company: Company, tickets: Tickets, first_id: int) -> dict[str, Column]:
    """raw_ticket_events of these tickets."""
    draws = company.draws
    events = tickets.lives.events()
    number = first_id + np.arange(len(events["row"]))
    is_said = (events["kind"] == MESSAGE) & (events["actor"] == CUSTOMER)
    # Bodies are mostly left out: they are large and personal.
    has_label = is_said & draws.chance("message.labelled", number, 0.12)
    has_body = is_said & draws.chance("message.body", number, 0.03)
    sentiment = draws.pick("message.sentiment", number, (30, 42, 28))
    bodies = empty_texts(len(number))
    rows = np.flatnonzero(has_body)
    language = company.language_of(tickets.customer[events["row"][rows]])
    bodies[rows] = texts.comments(draws, "message", number[rows], language, sentiment[rows])
    prefix = np.where(events["actor"] == CUSTOMER, ord("C"), ord("A"))
    words = value_words(company)
    return {
        "event_id": Ids(number, "E", 9),
        "ticket_id": Ids(tickets.number[events["row"]], "T"),
        "occurred_at": Instants(events["at"]),
        "event_type": Words(events["kind"], EVENT_TYPES),
        "actor_type": Words(events["actor"], ACTORS),
        "actor_id": Ids(events["actor_id"], prefix),
        "is_public": Flags(events["is_public"]),
        "old_value": Words(events["old"], words),
        "new_value": Words(events["new"], words),
        "session_id": Ids(events["session"], "H", 9),
        "body": Texts(bodies),
        "sentiment_label": Words(np.where(has_label, sentiment, -1), texts.SENTIMENTS),
    }
