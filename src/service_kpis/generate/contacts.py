"""raw_contacts and raw_contact_legs: calls and chats, those behind a ticket and those that leave none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .columns import NULL, Column, Ids, Instants, Integers, Words
from .company import (
    BILLING,
    BILLING_TOPICS,
    CARE,
    CHAT,
    FR,
    HOUR,
    MONTREAL,
    MTL,
    PHONE,
    TECHNICAL,
    TECHNICAL_TOPICS,
    Company,
)
from .draws import BoolArray, IntArray
from .tickets import Tickets, is_hurried

_CHANNELS = ("phone", "chat")
_OUTCOMES = ("answered", "abandoned", "callback_answered", "callback_missed", "self_served", "out_of_hours")
ANSWERED, ABANDONED, CALLBACK_ANSWERED, CALLBACK_MISSED, SELF_SERVED, OUT_OF_HOURS = range(6)
_QUEUES = ("general", "billing", "technical", "montreal")
_NO_TICKET_SHARE = 0.27


@dataclass(frozen=True)
class _Contacts:
    """One value a contact; `key` numbers its draws."""

    key: IntArray
    channel: IntArray
    is_outbound: BoolArray
    customer: IntArray
    ticket: IntArray
    queue: IntArray
    offered: IntArray
    answered: IntArray
    ended: IntArray
    outcome: IntArray
    agent: IntArray
    talk: IntArray


def contact_tables(
    company: Company, tickets: Tickets, first_contact: int, first_leg: int
) -> tuple[dict[str, Column], dict[str, Column]]:
    """raw_contacts and raw_contact_legs of these tickets' days."""
    parts = [_calls(company, tickets), _chats(company, tickets), _without_ticket(company, tickets)]
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in _Contacts.__dataclass_fields__
    }
    order = np.argsort(joined["offered"], kind="stable")
    contacts = _Contacts(**{name: values[order] for name, values in joined.items()})
    number = first_contact + np.arange(len(order))
    columns: dict[str, Column] = {
        "contact_id": Ids(number, "K"),
        "channel": Words(contacts.channel, _CHANNELS),
        "direction": Words(contacts.is_outbound.astype(np.int64), ("inbound", "outbound")),
        "customer_id": Ids(contacts.customer, "C"),
        "ticket_id": Ids(contacts.ticket, "T"),
        "queue": Words(contacts.queue, _QUEUES),
        "offered_at": Instants(contacts.offered),
        "answered_at": Instants(contacts.answered),
        "ended_at": Instants(contacts.ended),
        "outcome": Words(contacts.outcome, _OUTCOMES),
    }
    return columns, _legs(company, contacts, number, first_leg)


def _queue(calendar: IntArray, topic: IntArray) -> IntArray:
    queue = np.where(np.isin(topic, BILLING_TOPICS), 1, np.where(np.isin(topic, TECHNICAL_TOPICS), 2, 0))
    return np.where(calendar == MTL, 3, queue)


def _wait(company: Company, key: IntArray, instants: IntArray) -> IntArray:
    """Seconds in the queue: longer on Mondays, and a little longer every month."""
    is_monday = (instants // 86_400 + 3) % 7 == 0
    since = (instants - company.start) / (company.end - company.start)
    return company.draws.seconds(
        "contact.wait", key, np.where(is_monday, 16.0, 8.0) * (1 + 0.35 * since), 1.0
    )


def _calls(company: Company, tickets: Tickets) -> _Contacts:
    """The call in which a ticket was opened, or for outbound ones made."""
    draws = company.draws
    rows = np.flatnonzero(tickets.has_call | (tickets.is_outbound & (tickets.channel == PHONE)))
    key = tickets.number[rows] * 4
    before = 20 + draws.below("call.before", key, 70)
    is_outbound = tickets.is_outbound[rows]
    wait = np.where(is_outbound, 8, _wait(company, key, tickets.created[rows]))
    is_callback = ~is_outbound & draws.chance("call.callback", key, 0.06)
    wait = np.where(is_callback, draws.seconds("call.callback_wait", key, 2_700.0, 0.6), wait)
    answered = tickets.created[rows] - before
    offered = answered - wait
    talk = tickets.talk_seconds[rows] + before
    ended = np.minimum(answered + talk, company.end - 1)
    calendar = tickets.calendar[rows]
    return _Contacts(
        key=key,
        channel=np.zeros(len(rows), dtype=np.int64),
        is_outbound=is_outbound,
        customer=tickets.customer[rows],
        ticket=tickets.number[rows],
        queue=np.where(is_outbound, -1, _queue(calendar, tickets.topic[rows])),
        offered=offered,
        answered=answered,
        ended=ended,
        outcome=np.where(is_callback, CALLBACK_ANSWERED, ANSWERED),
        agent=tickets.agent[rows],
        talk=np.maximum(ended - answered, 1),
    )


def _chats(company: Company, tickets: Tickets) -> _Contacts:
    """The chat session of a ticket, from its first message to its last."""
    rows = np.flatnonzero((tickets.channel == CHAT) & (tickets.session_end != NULL))
    answered = np.maximum(tickets.lives.first_reply[rows], tickets.created[rows] + 2)
    ended = np.maximum(tickets.session_end[rows], answered)
    return _Contacts(
        key=tickets.number[rows] * 4 + 1,
        channel=np.ones(len(rows), dtype=np.int64),
        is_outbound=np.zeros(len(rows), dtype=bool),
        customer=tickets.customer[rows],
        ticket=tickets.number[rows],
        queue=_queue(tickets.calendar[rows], tickets.topic[rows]),
        offered=tickets.created[rows] + 2,
        answered=answered,
        ended=ended,
        outcome=np.full(len(rows), ANSWERED),
        agent=tickets.agent[rows],
        talk=np.maximum(ended - answered, 1),
    )


def _without_ticket(company: Company, tickets: Tickets) -> _Contacts:
    """Abandoned and missed calls, the voice menu, calls after hours, calls that nobody wrote down."""
    draws = company.draws
    rows = np.flatnonzero(draws.chance("contact.no_ticket", tickets.number, _NO_TICKET_SHARE))
    key = tickets.number[rows] * 4 + 2
    calendar = tickets.calendar[rows]
    outcome = draws.pick("contact.outcome", key, (24, 13, 3, 3, 32, 25))
    asked = company.advance(
        calendar,
        tickets.created[rows] + draws.below("contact.shift", key, 2 * HOUR),
        draws.below("contact.open", key, HOUR),
    )
    closed = np.where(
        calendar == FR,
        company.clocks[FR].last_close(tickets.created[rows]),
        company.clocks[MTL].last_close(tickets.created[rows]),
    )
    offered = np.where(
        outcome == OUT_OF_HOURS, closed + draws.below("contact.after_hours", key, 50 * 60), asked
    )
    offered = np.where(outcome == SELF_SERVED, tickets.created[rows], offered)
    is_lost = outcome == ABANDONED
    # Some hang up within five seconds: a wrong number.
    patience = np.where(
        draws.chance("contact.misdialled", key, 0.12),
        1 + draws.below("contact.short", key, 5),
        draws.seconds("contact.patience", key, 85.0, 0.8),
    )
    wait = np.where(
        outcome == CALLBACK_ANSWERED,
        draws.seconds("contact.callback", key, 2_400.0, 0.6),
        _wait(company, key, offered),
    )
    is_answered = np.isin(outcome, (ANSWERED, CALLBACK_ANSWERED))
    talk = draws.seconds("contact.talk", key, 150.0, 0.6)
    answered = np.where(is_answered, offered + wait, NULL)
    ended = np.where(
        is_answered,
        offered + wait + talk,
        offered + np.where(is_lost, patience, 25 + draws.below("contact.menu", key, 120)),
    )
    # A missed call back ends when somebody gives up trying.
    ended = np.where(outcome == CALLBACK_MISSED, NULL, ended)
    is_known = draws.chance("contact.known", key, 0.62) & (tickets.customer[rows] != NULL)
    team = np.array([CARE, BILLING, TECHNICAL, MONTREAL])
    queue = _queue(calendar, tickets.topic[rows])
    happens = (offered >= company.start) & (np.maximum(ended, offered) < company.end)
    values = {
        "key": key,
        "channel": np.where(is_answered & draws.chance("contact.chat", key, 0.2), 1, 0),
        "is_outbound": np.zeros(len(rows), dtype=bool),
        "customer": np.where(is_known, tickets.customer[rows], NULL),
        "ticket": np.full(len(rows), NULL),
        "queue": np.where(outcome == SELF_SERVED, -1, queue),
        "offered": offered,
        "answered": answered,
        "ended": ended,
        "outcome": outcome,
        "agent": company.agent_of("contact.agent", key, team[queue], offered),
        "talk": talk,
    }
    return _Contacts(**{name: column[happens] for name, column in values.items()})


def _legs(company: Company, contacts: _Contacts, number: IntArray, first_leg: int) -> dict[str, Column]:
    """One leg for each answered contact, two after a transfer; talk and hold fill the time of a leg."""
    draws = company.draws
    rows = np.flatnonzero(contacts.answered != NULL)
    key = contacts.key[rows]
    is_transferred = draws.chance("leg.transfer", key, 0.09) & (contacts.talk[rows] > 60)
    whole = contacts.talk[rows]
    first_part = np.where(is_transferred, whole * (30 + draws.below("leg.part", key, 40)) // 100, whole)
    second_agent = company.agent_of("leg.agent", key, np.full(len(rows), TECHNICAL), contacts.answered[rows])

    owner = np.stack([rows, rows], axis=1).reshape(-1)
    exists = np.stack([np.ones(len(rows), dtype=bool), is_transferred], axis=1).reshape(-1)
    started = np.stack([contacts.answered[rows], contacts.answered[rows] + first_part], axis=1).reshape(-1)
    length = np.stack([first_part, whole - first_part], axis=1).reshape(-1)
    agent = np.stack([contacts.agent[rows], second_agent], axis=1).reshape(-1)
    leg_key = np.stack([key * 2, key * 2 + 1], axis=1).reshape(-1)
    owner, started, length, agent, leg_key = (
        values[exists] for values in (owner, started, length, agent, leg_key)
    )

    hold = np.where(
        draws.chance("leg.hold", leg_key, 0.28), length * draws.below("leg.held", leg_key, 25) // 100, 0
    )
    hurried = is_hurried(company, company.agents.team[agent], started)
    wrap_up = draws.seconds("leg.wrap_up", leg_key, np.where(hurried, 15.0, 48.0), 0.6)
    is_phone = contacts.channel[owner] == 0
    # One in fifty calls is picked up by somebody whose telephone is not tied to a name.
    agent = np.where(draws.chance("leg.nameless", leg_key, 0.02), NULL, agent)
    return {
        "leg_id": Ids(first_leg + np.arange(len(owner)), "L"),
        "contact_id": Ids(number[owner], "K"),
        "agent_id": Ids(agent, "A"),
        "started_at": Instants(started),
        "ended_at": Instants(started + length),
        "talk_seconds": Integers(length - hold),
        "hold_seconds": Integers(np.where(is_phone, hold, NULL)),
        "wrap_up_seconds": Integers(wrap_up),
    }
