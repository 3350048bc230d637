"""The worked examples as raw rows: one function an example, its inputs in words first, then as rows.

All examples live in one company. An example is told from the others by the ticket's `source`, the customer's
`customer_segment`, the `topic`, the `queue` or the `network`, which then is the example's name (`w14`), or by
a month of its own. Instants are those of the wall clock in Paris unless they end in Z.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
MANDATORY_COLUMNS = {
    "raw_customers": ["customer_id", "customer_segment"],
    "raw_agents": ["agent_id", "agent_name", "team", "tier", "agent_kind"],
    "raw_tickets": ["ticket_id", "direction", "priority", "status", "created_at"],
    "raw_ticket_events": ["event_id", "ticket_id", "occurred_at", "event_type", "actor_type"],
}


def instant(text: str) -> datetime:
    """A wall-clock time in Paris, or one in UTC that ends in Z, as an instant in UTC."""
    if text.endswith("Z"):
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=timezone.utc)
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(timezone.utc)


def after(text: str, *, minutes: float = 0, seconds: float = 0) -> str:
    """The instant so many minutes and seconds of elapsed time after another, in UTC."""
    moment = instant(text) + timedelta(minutes=minutes, seconds=seconds)
    return moment.replace(tzinfo=None).isoformat() + "Z"


class RawRows:
    """The raw tables under construction: name of the table to its rows."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.customers: set[str] = set()
        self.add("raw_agents", agent_id="agent_a", agent_name="A", team="one", tier=1, agent_kind="human")
        self.add("raw_agents", agent_id="agent_b", agent_name="B", team="two", tier=1, agent_kind="human")
        self.add("raw_agents", agent_id="robot", agent_name="Robot", agent_kind="bot")

    def add(self, table: str, **fields: Any) -> None:
        """Add a row; fields named `..._at` are instants, the others go as they are."""
        self.tables[table].append(
            {
                name: after(value) if name.endswith("_at") and value else value
                for name, value in fields.items()
            }
        )

    def customer(self, example: str, name: str) -> str:
        """The customer of that name of an example, made at the first call; the example is the segment."""
        customer_id = f"{example}_{name}"
        if customer_id not in self.customers:
            self.customers.add(customer_id)
            self.add("raw_customers", customer_id=customer_id, customer_segment=example)
        return customer_id

    def ticket(
        self, example: str, name: str, created_at: str, *events: tuple[str, ...], **fields: Any
    ) -> str:
        """Add a ticket with its events: (instant, what) or (instant, what, who); see `event`."""
        ticket_id = f"{example}_{name}"
        row: dict[str, Any] = {
            "ticket_id": ticket_id,
            "customer_id": self.customer(example, fields.pop("customer", name)),
            "direction": "inbound",
            "channel": "email",
            "source": example,
            "topic": f"{example} {name}",
            "priority": "normal",
            "calendar_id": "fr",
            "created_at": created_at,
            "is_spam": False,
            "merged_into_ticket_id": "",
        }
        status = "new"
        for number, event in enumerate(events, start=1):
            status = self.event(f"{ticket_id}_e{number}", ticket_id, status, *event)
        row["status"] = status
        row.update(fields)
        self.add("raw_tickets", **row)
        return ticket_id

    def event(
        self, event_id: str, ticket_id: str, status: str, occurred_at: str, what: str, who: str = "agent_a"
    ) -> str:
        """Add an event of a ticket that has a status; return the status that it then has.

        `what` is `reply`, `note`, `message` (of `customer`, `system` or `robot`), `escalation` or a status.
        """
        actor_type = {"customer": "customer", "system": "system", "robot": "bot"}.get(who, "human_agent")
        row: dict[str, Any] = {
            "event_id": event_id,
            "ticket_id": ticket_id,
            "occurred_at": occurred_at,
            "event_type": "message",
            "actor_type": actor_type,
            "actor_id": who if actor_type in ("human_agent", "bot") else "",
            "is_public": "",
            "old_value": "",
            "new_value": "",
        }
        if what in ("reply", "message", "note"):
            row["is_public"] = what != "note"
        elif what == "escalation":
            row |= {"event_type": "escalation", "new_value": "2"}
        else:
            row |= {"event_type": "status_change", "old_value": status, "new_value": what}
            status = what
        self.add("raw_ticket_events", **row)
        return status

    def survey(
        self, example: str, name: str, answered_at: str, survey_type: str, score: float, **fields: Any
    ) -> None:
        """Add a rated survey of a customer of the example."""
        number = len(self.tables["raw_survey_responses"]) + 1
        row: dict[str, Any] = {
            "response_id": f"{example}_{number}",
            "survey_type": survey_type,
            "survey_kind": "relationship",
            "customer_id": self.customer(example, name),
            "sent_at": answered_at,
            "answered_at": answered_at,
            "score": score,
        }
        self.add("raw_survey_responses", **(row | fields))

    def write(self, folder: Path, policy: Path) -> Path:
        """Write the tables as CSV beside a copy of the policy files; return the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for file in policy.glob("*.csv"):
            (folder / file.name).write_bytes(file.read_bytes())
        for table in {**MANDATORY_COLUMNS, **self.tables}:
            rows = self.tables.get(table, [])
            columns = list(
                dict.fromkeys([*MANDATORY_COLUMNS.get(table, []), *(name for row in rows for name in row)])
            )
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
        return folder


def w01(raw: RawRows) -> None:
    """Created Fri 2026-03-27 17:30; first human public reply Sat 2026-03-28 11:00."""
    raw.ticket("w01", "t", "2026-03-27 17:30", ("2026-03-28 11:00", "reply"))


def w03(raw: RawRows) -> None:
    """Desk open day and night: (a) Sat 25 Oct 2025 23:00 to Sun 05:00; (b) 00:30 to 01:15 UTC."""
    raw.ticket("w03a", "t", "2025-10-25 23:00", ("2025-10-26 05:00", "reply"), calendar_id="always")
    raw.ticket("w03b", "t", "2025-10-26T00:30Z", ("2025-10-26T01:15Z", "reply"), calendar_id="always")


def w04(raw: RawRows) -> None:
    """Mon 2026-01-12 09:00:00; acknowledgement 09:00:05; bot 09:01; note 09:10; human reply 10:30."""
    raw.ticket(
        "w04",
        "t",
        "2026-01-12 09:00",
        ("2026-01-12 09:00:05", "message", "system"),
        ("2026-01-12 09:01", "message", "robot"),
        ("2026-01-12 09:10", "note"),
        ("2026-01-12 10:30", "reply"),
    )


def w05(raw: RawRows) -> None:
    """A 10 min; B 20; C never; D spam 1; E merged 2; F outbound 0; G solved by a bot only."""
    start = "2026-02-10 10:00"
    raw.ticket("w05", "a", start, (after(start, minutes=10), "reply"))
    raw.ticket("w05", "b", start, (after(start, minutes=20), "reply"))
    raw.ticket("w05", "c", start)
    raw.ticket("w05", "d", start, (after(start, minutes=1), "reply"), is_spam=True)
    raw.ticket("w05", "e", start, (after(start, minutes=2), "reply"), merged_into_ticket_id="w05_a")
    raw.ticket("w05", "f", start, (start, "reply"), direction="outbound")
    raw.ticket(
        "w05",
        "g",
        start,
        (after(start, minutes=1), "message", "robot"),
        (after(start, minutes=2), "solved", "robot"),
    )


def w06(raw: RawRows) -> None:
    """Created 2026-01-31T22:30Z (23:30 in Paris), first reply 23:10Z (1 February 00:10 in Paris)."""
    raw.ticket("w06", "t", "2026-01-31T22:30Z", ("2026-01-31T23:10Z", "reply"))


def w08(raw: RawRows) -> None:
    """First responses of 5, 59, 60, 61, 119, 121, 600, 1441 minutes and one unanswered ticket."""
    start = "2026-03-02 09:00"
    for minutes in (5, 59, 60, 61, 119, 121, 600, 1441):
        reply = (after(start, minutes=minutes), "reply")
        raw.ticket("w08", f"after_{minutes}", start, reply, calendar_id="always")
    raw.ticket("w08", "unanswered", start, calendar_id="always")


def w09(raw: RawRows) -> None:
    """Nine first responses of 15 minutes and one of 6 hours."""
    start = "2026-03-03 09:00"
    for number, minutes in enumerate([15] * 9 + [360]):
        raw.ticket("w09", f"t{number}", start, (after(start, minutes=minutes), "reply"))


def w11(raw: RawRows) -> None:
    """Target 60: replied at 30, 59, 60, 75; unreplied and 3 h overdue on 30 April; 5 min without a policy."""
    start = "2026-04-14 10:00"
    for minutes in (30, 59, 60, 75):
        raw.ticket("w11", f"after_{minutes}", start, (after(start, minutes=minutes), "reply"))
    # 14:00 to 18:00 are 240 minutes, 180 past the target, when April ends.
    raw.ticket("w11", "unreplied", "2026-04-30 14:00")
    raw.ticket("w11", "no_policy", start, (after(start, minutes=5), "reply"), priority="low")


def w13(raw: RawRows) -> None:
    """X solved 15 Jan 2026. Y solved 30 Jan, reopened 2 Feb, solved again 3 Feb."""
    raw.ticket("w13", "x", "2026-01-14 10:00", ("2026-01-15 10:00", "solved"))
    raw.ticket(
        "w13",
        "y",
        "2026-01-29 10:00",
        ("2026-01-30 10:00", "solved"),
        ("2026-02-02 10:00", "open", "customer"),
        ("2026-02-03 10:00", "solved"),
    )


def w14(raw: RawRows) -> None:
    """Every way to fail first contact resolution or to leave its population, as of eleven days later."""
    created, reply, solve = "2026-06-19 09:00", "2026-06-19 09:30", "2026-06-19 10:00"
    once = ((reply, "reply"), (solve, "solved"))
    raw.ticket("w14", "t1", created, *once)
    thanks = (("2026-06-20 10:00", "message", "customer"), ("2026-06-20 10:00", "open", "customer"))
    raw.ticket("w14", "t2", created, *once, *thanks, ("2026-06-20 11:00", "solved"))
    raw.ticket("w14", "t3", created, (reply, "reply"), ("2026-06-19 09:45", "reply"), (solve, "solved"))
    raw.ticket("w14", "t4", created, *once, topic="bill")
    raw.ticket("w14", "t4_again", "2026-06-22 10:00", customer="t4", topic="bill")
    raw.ticket("w14", "t5", created, *once, topic="bill")
    raw.ticket("w14", "t5_other", "2026-06-22 10:00", customer="t5", topic="delivery")
    raw.ticket("w14", "t6", created, *once, topic="bill")
    raw.ticket("w14", "t6_late", "2026-06-27 10:00", customer="t6", topic="bill")
    raw.ticket("w14", "t7", created, (reply, "reply"), ("2026-06-19 09:40", "escalation"), (solve, "solved"))
    raw.ticket("w14", "t8", "2026-06-28 09:00", ("2026-06-28 09:30", "reply"), ("2026-06-28 10:00", "solved"))
    raw.ticket("w14", "t9", created, (reply, "message", "robot"), (solve, "solved", "robot"))
    raw.ticket("w14", "t10", created, *once, is_spam=True)
    raw.ticket("w14", "t11", created, (reply, "reply"))
    raw.ticket("w14", "t12", created, *once, merged_into_ticket_id="w14_t1")


def w15(raw: RawRows) -> None:
    """NPS 10, 9, 8, 7, 6, 0 of six customers."""
    for score in (10, 9, 8, 7, 6, 0):
        raw.survey("w15", f"c{score}", "2026-02-10 12:00", "nps", score)


def w16(raw: RawRows) -> None:
    """C1 answers 3 then 9; C2 10; C3 6."""
    for number, (name, score) in enumerate([("c1", 3), ("c1", 9), ("c2", 10), ("c3", 6)]):
        raw.survey("w16", name, f"2026-03-1{number} 12:00", "nps", score)


def w17(raw: RawRows) -> None:
    """Scale 1-5: 5, 4, 3, 2; scale 1-10: 10, 8, 7, 3; three emojis: 3, 2."""
    for scale_max, scores in ((5, (5, 4, 3, 2)), (10, (10, 8, 7, 3)), (3, (3, 2))):
        for score in scores:
            raw.survey("w17", "c", "2026-02-11 12:00", "csat", score, scale_min=1, scale_max=scale_max)


def w18(raw: RawRows) -> None:
    """Nine positive, one negative."""
    for score in [5] * 9 + [1]:
        raw.survey("w18", "c", "2026-03-11 12:00", "csat", score)


def w19(raw: RawRows) -> None:
    """Agreement 7, 6, 5, 4, 2 in February; effort 1, 2, 5 on a scale of 1-5 in March."""
    for score in (7, 6, 5, 4, 2):
        raw.survey("w19", "c", "2026-02-12 12:00", "ces", score, question_version="ces_v2_agreement")
    for score in (1, 2, 5):
        scale = {"question_version": "ces_v1_effort", "scale_min": 1, "scale_max": 5}
        raw.survey("w19", "c", "2026-03-12 12:00", "ces", score, **scale)


def w20(raw: RawRows) -> None:
    """Dimension means over 4, 5, 4, 4, 5 items: E 5.0 6.5 6.0 6.0 5.5; P 5.5 5.5 6.0 5.5 5.0."""
    sheet = {
        "tangibles": (4, 5.0, 5.5),
        "reliability": (5, 6.5, 5.5),
        "responsiveness": (4, 6.0, 6.0),
        "assurance": (4, 6.0, 5.5),
        "empathy": (5, 5.5, 5.0),
    }
    for dimension, (items, expectation, perception) in sheet.items():
        for item in range(1, items + 1):
            raw.add(
                "raw_servqual_answers",
                answer_id=f"w20_{dimension}_{item}",
                response_id="w20_1",
                customer_id=raw.customer("w20", "c"),
                answered_at="2026-03-13 12:00",
                dimension=dimension,
                item=f"item {item}",
                expectation=expectation,
                perception=perception,
            )


def w22(raw: RawRows) -> None:
    """Nobody before 15 June 2025; then ten customers and nobody lost."""
    for number in range(10):
        raw.add(
            "raw_subscriptions",
            subscription_id=f"w22_{number}",
            customer_id=raw.customer("w22", f"c{number}"),
            started_on="2025-06-15",
        )


def call(raw: RawRows, example: str, name: str, offered_at: str, outcome: str, seconds: float) -> str:
    """Add a call that was answered, or given up, after so many seconds; return its id."""
    contact_id = f"{example}_{name}"
    end = after(offered_at, seconds=seconds)
    raw.add(
        "raw_contacts",
        contact_id=contact_id,
        channel="phone",
        direction="inbound",
        queue=example,
        offered_at=offered_at,
        answered_at=end if outcome == "answered" else "",
        ended_at=after(end, minutes=5) if outcome == "answered" else end,
        outcome=outcome,
    )
    return contact_id


def w23(raw: RawRows) -> None:
    """80 answered (68 within 20 s), 20 abandoned (8 within 5 s, 5 between 5 and 20 s, 7 after 20 s)."""
    waits = [("answered", 20)] * 68 + [("answered", 21)] * 12
    waits += [("abandoned", 5)] * 8 + [("abandoned", 15)] * 5 + [("abandoned", 40)] * 7
    for number, (outcome, seconds) in enumerate(waits):
        call(raw, "w23", f"call{number}", "2026-04-15 10:00", outcome, seconds)


def w25(raw: RawRows) -> None:
    """A 300/30/60 s; A 120/0/30; A 100/0/20 then B 200/10/40; one call abandoned after 40 s."""
    legs = {
        "call1": [("agent_a", 300, 30, 60)],
        "call2": [("agent_a", 120, 0, 30)],
        "call3": [("agent_a", 100, 0, 20), ("agent_b", 200, 10, 40)],
    }
    for name, parts in legs.items():
        contact_id = call(raw, "w25", name, "2026-04-16 10:00", "answered", 10)
        for number, (agent_id, talk, hold, wrap_up) in enumerate(parts):
            raw.add(
                "raw_contact_legs",
                leg_id=f"{contact_id}_{number}",
                contact_id=contact_id,
                agent_id=agent_id,
                started_at="2026-04-16 10:00:10",
                talk_seconds=talk,
                hold_seconds=hold,
                wrap_up_seconds=wrap_up,
            )
    call(raw, "w25", "abandoned", "2026-04-16 10:00", "abandoned", 40)


def cost(raw: RawRows, month: str, category: str, amount: float, **fields: Any) -> None:
    """Add a cost in euros."""
    raw.add(
        "raw_costs",
        cost_id=f"{month}_{category}",
        cost_month=f"{month}-01",
        cost_category=category,
        amount=amount,
        currency_code="EUR",
        **fields,
    )


def solved_tickets(raw: RawRows, example: str, month: str, count: int) -> None:
    """Add so many tickets of a customer each, created and solved on the 10th of a month."""
    for number in range(count):
        raw.ticket(example, f"{month}_{number}", f"{month}-10 10:00", (f"{month}-10 11:00", "solved"))


def w26(raw: RawRows) -> None:
    """12,000 EUR a month. Jan 2025: 0 resolved, 500 interactions; Feb: 400 resolved; Mar: 300 resolved."""
    for month in ("2025-01", "2025-02", "2025-03"):
        cost(raw, month, "salaries", 12000)
    for number in range(500):
        call(raw, "w26", f"call{number}", "2025-01-15 10:00", "answered", 10)
    solved_tickets(raw, "w26", "2025-02", 400)
    solved_tickets(raw, "w26", "2025-03", 300)


def w27(raw: RawRows) -> None:
    """340 tickets resolved in May 2026, on every day of the month; holidays on 1, 8, 14 and 25 May."""
    for number in range(340):
        day = f"2026-05-{number % 31 + 1:02d}"
        raw.ticket("w27", f"t{number}", f"{day} 10:00", (f"{day} 11:00", "solved"))


def w28(raw: RawRows) -> None:
    """T1 1 reply, 2 notes; T2 3 replies, 2 automatic; T3 solved by the customer; T4 unsolved, 9 replies."""
    start = "2026-03-04 09:00"
    minute = [after(start, minutes=number) for number in range(20)]
    raw.ticket(
        "w28",
        "t1",
        start,
        (minute[1], "reply"),
        (minute[2], "note"),
        (minute[3], "note"),
        (minute[9], "solved"),
    )
    replies = [(minute[number], "reply") for number in (2, 3, 4)]
    automatic = [(minute[1], "message", "system"), (minute[5], "message", "system")]
    raw.ticket("w28", "t2", start, *automatic, *replies, (minute[9], "solved"))
    raw.ticket("w28", "t3", start, (minute[9], "solved", "customer"))
    raw.ticket("w28", "t4", start, *((minute[number], "reply") for number in range(1, 10)))


def conversation(raw: RawRows, example: str, name: str, started_at: str, **fields: Any) -> None:
    """Add a bot conversation of ten minutes of a customer of the example, with two answers unless said."""
    row: dict[str, Any] = {
        "conversation_id": f"{example}_{name}",
        "customer_id": raw.customer(example, name),
        "channel": "chat",
        "topic": example,
        "started_at": started_at,
        "ended_at": after(started_at, minutes=10),
        "answer_count": 2,
        "handed_off_at": "",
        "ticket_id": "",
        "feedback": "",
    }
    raw.add("raw_bot_conversations", **(row | fields))


def w30(raw: RawRows) -> None:
    """100 conversations, a bot in 80.

    25 of those handed to a human; of the other 55: 30 confirmed, 10 answered then silent, 5 answered but the
    customer is back within 72 h, 8 left before any answer, 2 negative. The 20 without a bot are tickets.
    """
    start = "2026-04-20 10:00"
    for number in range(25):
        ticket_id = raw.ticket("w30", f"handed{number}", after(start, minutes=10), topic="w30")
        handover = {"handed_off_at": after(start, minutes=10), "ticket_id": ticket_id}
        conversation(raw, "w30", f"handed{number}", start, **handover)
    for number in range(30):
        conversation(raw, "w30", f"confirmed{number}", start, feedback="confirmed")
    for number in range(10):
        conversation(raw, "w30", f"silent{number}", start)
    for number in range(5):
        conversation(raw, "w30", f"back{number}", start)
        raw.ticket("w30", f"back{number}", "2026-04-22 10:00", topic="w30")
    for number in range(8):
        conversation(raw, "w30", f"left{number}", start, answer_count=0)
    for number in range(2):
        conversation(raw, "w30", f"negative{number}", start, feedback="negative")
    for number in range(20):
        raw.ticket("w30", f"no_bot{number}", start, topic="w30")


def w32(raw: RawRows) -> None:
    """Visitors a to g; f to j wrote to support, f and g within 24 h of their session."""
    sheet = {
        "a": (1, "helpful"),
        "b": (1, "helpful"),
        "c": (1, "helpful"),
        "d": (1, ""),
        "e": (1, "not_helpful"),
        "f": (1, ""),
        "g": (1, ""),
    }
    for name, (articles, feedback) in sheet.items():
        raw.add(
            "raw_self_service_sessions",
            session_id=f"w32_{name}",
            visitor_id=f"w32_{name}",
            customer_id=raw.customer("w32", name),
            tool="faq",
            started_at="2026-05-12 10:00",
            article_view_count=articles,
            feedback=feedback,
        )
    for name in "fghij":
        raw.ticket("w32", name, "2026-05-13 09:00")


def w33(raw: RawRows) -> None:
    """Human cost 12.00, automated 0.99, platform 100: 40 resolutions; 40 without a baseline; 9."""
    for month, resolutions, tickets in (("2025-07", 40, 10), ("2025-08", 40, 0), ("2025-09", 9, 10)):
        cost(raw, month, "salaries", 120)
        cost(raw, month, "automation_usage", round(0.99 * resolutions, 2))
        cost(raw, month, "automation_fixed", 100)
        solved_tickets(raw, "w33", month, tickets)
        for number in range(resolutions):
            conversation(raw, "w33", f"{month}_bot{number}", f"{month}-15 10:00", feedback="confirmed")


def w34(raw: RawRows) -> None:
    """Mentions: 6 positive, 3 negative, 6 neutral, 5 unclassified."""
    labels = ["positive"] * 6 + ["negative"] * 3 + ["neutral"] * 6 + [""] * 5
    for number, label in enumerate(labels):
        raw.add(
            "raw_social_mentions",
            mention_id=f"w34_{number}",
            network="w34",
            mention_type="comment",
            visibility="public",
            posted_at="2026-05-19 12:00",
            sentiment_label=label,
        )


def w35(raw: RawRows) -> None:
    """Ten tickets created in January 2026, 7 solved by now; 12 solved in January, 5 from December."""
    for number in range(10):
        solves = [("2026-01-21 10:00", "solved")] if number < 7 else []
        raw.ticket("w35", f"january{number}", "2026-01-20 10:00", *solves)
    for number in range(5):
        raw.ticket("w35", f"december{number}", "2025-12-15 10:00", ("2026-01-21 10:00", "solved"))


def w37(raw: RawRows) -> None:
    """E-mail 90 of 100 positive; phone 1 of 10."""
    for channel, positive, negative in (("email", 90, 10), ("phone", 1, 9)):
        for score in [5] * positive + [1] * negative:
            raw.survey("w37", "c", "2025-09-16 12:00", "csat", score, channel=channel)


# Odd rows in a company of their own, as of 2026-03-10 13:00 in Paris: EDGE_AS_OF.
EDGE_AS_OF = "2026-03-10T12:00:00Z"


def e01(raw: RawRows) -> None:
    """A came in solved, which its first event closes; B is open."""
    ticket_id = raw.ticket("e01", "a", "2026-02-10 10:00", status="closed")
    raw.event(f"{ticket_id}_e1", ticket_id, "solved", "2026-02-12 10:00", "closed")
    raw.ticket("e01", "b", "2026-02-10 10:00")


def e02(raw: RawRows) -> None:
    """February 2026: 10 for usage and 20 for the platform, nothing for people; one resolution of each."""
    cost(raw, "2026-02", "automation_usage", 10)
    cost(raw, "2026-02", "automation_fixed", 20)
    solved_tickets(raw, "e02", "2026-02", 1)
    conversation(raw, "e02", "bot", "2026-02-15 10:00", feedback="confirmed")


def e03(raw: RawRows) -> None:
    """January 2026: 100 for a team, and a credit of 100."""
    raw.ticket("e03", "t", "2026-01-05 10:00")
    for category, amount in (("salaries", 100), ("software", -100)):
        cost(raw, "2026-01", category, amount, team="e03")


def e05(raw: RawRows) -> None:
    """Unanswered since the day before, with a target of an hour; opened at the very instant of as_of."""
    raw.ticket("e05", "t", "2026-03-09 10:00", (EDGE_AS_OF, "open"))


def e06(raw: RawRows) -> None:
    """A customer gives a 1 of 5 on 1 March and says at the very instant of as_of that it was hard."""
    raw.add(
        "raw_subscriptions",
        subscription_id="e06",
        customer_id=raw.customer("e06", "c"),
        started_on="2026-01-01",
        ended_on="",
    )
    raw.survey("e06", "c", "2026-03-01 12:00", "csat", 1)
    raw.survey("e06", "c", EDGE_AS_OF, "ces", 2, question_version="ces_v2_agreement")


EXAMPLES: tuple[Callable[[RawRows], None], ...] = (
    w01,
    w03,
    w04,
    w05,
    w06,
    w08,
    w09,
    w11,
    w13,
    w14,
    w15,
    w16,
    w17,
    w18,
    w19,
    w20,
    w22,
    w23,
    w25,
    w26,
    w27,
    w28,
    w30,
    w32,
    w33,
    w34,
    w35,
    w37,
)
EDGES = (e01, e02, e03, e05, e06)


def write_examples(folder: Path, policy: Path, names: Iterable[str] | None = None) -> Path:
    """Write the raw folder of the examples of these names (none: all that begin with w); return it."""
    raw = RawRows()
    wanted = {example.__name__ for example in EXAMPLES} if names is None else set(names)
    for example in (*EXAMPLES, *EDGES):
        if example.__name__ in wanted:
            example(raw)
    return raw.write(folder, policy)
