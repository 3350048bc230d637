"""After any loads in any order a run gives what a full build of the same rows gives, cell by cell.

Few random plans by default; SERVICE_KPIS_PLANS says how many. A failed one names its plan, and
`python -m tests.incremental.replay` replays it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.reference.scenario import text

from .changes import Delivery, versions_of
from .company import Company, Line, dated, instant_of, stamp_of
from .plan import plan_of_seed
from .warehouse import Warehouse

PLANS = int(os.environ.get("SERVICE_KPIS_PLANS", "3"))


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("incremental"))


# Shrinking would take minutes a step: replay.py has --reduce for it.
@settings(
    max_examples=PLANS,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 10**9))
def test_any_loads_in_any_order_give_what_a_full_build_gives(warehouse: Warehouse, seed: int) -> None:
    plan = plan_of_seed(seed)
    outcomes = warehouse.run(plan)
    assert not outcomes[-1].wrong, "\n".join(
        [
            f"plan {plan} (seed {seed}) differs from a full build; to replay it:",
            f'python -m tests.incremental.replay "{plan}" --every --reduce',
            *map(str, outcomes),
        ]
    )


# --- one thing late at a time ---------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """What one load brings to a company, and what its first load is without (table, start of the key).

    earlier: a load before it. is_all_built_anew: the run is expected not to go on from the last one, because
    teams of agents are part of every fact, and what had come to pass has not where the data end earlier.
    """

    rows: Callable[[Company], Delivery]
    without: list[tuple[str, str]] = field(default_factory=list)
    earlier: Callable[[Company], Delivery] | None = None
    is_all_built_anew: bool = False


def busy_ticket(company: Company, place: int = 0) -> str:
    """A ticket of the first load with many events, solved among them."""
    events: dict[str, int] = {}
    for line in company.sound("raw_ticket_events"):
        weight = 3 if line["new_value"].strip().lower() == "solved" else 1
        events[line["ticket_id"].strip()] = events.get(line["ticket_id"].strip(), 0) + weight
    customers = {line["customer_id"] for line in company.sound("raw_customers")}
    known = {
        line["ticket_id"]
        for line in company.sound("raw_tickets")
        if line["direction"].strip().lower() == "inbound"
        and line["customer_id"].strip() in customers
        and not any(line[name] for name in ("is_spam", "is_deleted", "is_test", "merged_into_ticket_id"))
    }
    return sorted(known & events.keys(), key=lambda name: (-events[name], name))[place]


def shifted(company: Company, table: str, line: Line, days: int) -> Delivery:
    """A version of a row that happened some days later, or earlier."""
    instant = instant_of(line, table)
    assert instant is not None
    return [(table, {**dated(line, table, instant + timedelta(days=days)), "loaded_at": stamp_of(1)})]


def customer_changes_segment(company: Company) -> Delivery:
    busy = company.line("raw_tickets", busy_ticket(company))["customer_id"].strip()
    line = company.line("raw_customers", busy)
    segment = "trial" if line["customer_segment"].strip().lower() != "trial" else "vip"
    return versions_of(company, "raw_customers", busy, 1, customer_segment=segment)


def agent_changes_team(company: Company) -> Delivery:
    line = company.sound("raw_agents")[0]
    return [("raw_agents", {**line, "team": "green", "loaded_at": stamp_of(1)})]


def ticket_changes_customer_topic_channel_and_calendar(company: Company) -> Delivery:
    line = company.line("raw_tickets", busy_ticket(company))
    return versions_of(
        company,
        "raw_tickets",
        line["ticket_id"],
        1,
        customer_id="c02" if line["customer_id"].strip() != "c02" else "c03",
        topic="refunds",
        channel="phone" if line["channel"].strip().lower() != "phone" else "email",
        calendar_id="us" if line["calendar_id"].strip() != "us" else "india",
    )


def ticket_is_deleted(company: Company) -> Delivery:
    return versions_of(company, "raw_tickets", busy_ticket(company), 1, is_deleted="true")


def ticket_arrives_after_its_events(company: Company) -> Delivery:
    # t0100 is of the boundaries: replied to and solved.
    return versions_of(company, "raw_tickets", "t0100", 1)


def ticket_was_created_before_the_first_day(company: Company) -> Delivery:
    line = company.line("raw_tickets", busy_ticket(company))
    return shifted(company, "raw_tickets", line, -100)


def event_of_an_old_ticket_arrives_late(company: Company) -> Delivery:
    ticket = company.line("raw_tickets", busy_ticket(company))
    event = dict(company.sound("raw_ticket_events")[0])
    event.update(
        event_id="1",
        ticket_id=ticket["ticket_id"],
        occurred_at=ticket["created_at"],
        event_type="message",
        actor_type="human_agent",
        actor_id="a2",
        is_public="true",
        loaded_at=stamp_of(1),
    )
    return [("raw_ticket_events", event)]


def event_moves_to_another_ticket(company: Company) -> Delivery:
    ticket, other = busy_ticket(company), busy_ticket(company, 1)
    event = next(
        line
        for line in company.sound("raw_ticket_events")
        if line["ticket_id"].strip() == ticket and line["new_value"].strip().lower() == "solved"
    )
    return [("raw_ticket_events", {**event, "ticket_id": other, "loaded_at": stamp_of(1)})]


def contact_changes_its_ticket(company: Company) -> Delivery:
    legs = {line["contact_id"].strip() for line in company.first["raw_contact_legs"]}
    contact = next(
        line for line in company.sound("raw_contacts") if line["ticket_id"] and line["contact_id"] in legs
    )
    return [("raw_contacts", {**contact, "ticket_id": busy_ticket(company), "loaded_at": stamp_of(1)})]


def survey_is_answered_later(company: Company) -> Delivery:
    tickets = {line["ticket_id"] for line in company.sound("raw_tickets")}
    survey = next(
        line
        for line in company.sound("raw_survey_responses")
        if line["survey_type"].strip().lower() == "csat"
        and line["sent_at"]
        and not line["answered_at"]
        and line["ticket_id"].strip() in tickets
    )
    low, high = survey["scale_min"].strip() or "1", survey["scale_max"].strip() or "5"
    answered_at = text(company.last_instant - timedelta(days=15))
    assert float(low) < float(high)
    return [
        (
            "raw_survey_responses",
            {**survey, "sent_at": "", "answered_at": answered_at, "score": high, "loaded_at": stamp_of(1)},
        )
    ]


def rating_is_overtaken_by_another_of_its_ticket(company: Company) -> Delivery:
    rating = next(
        line
        for line in company.sound("raw_survey_responses")
        if line["survey_type"].strip().lower() == "csat"
        and line["ticket_id"].strip()
        and line["answered_at"].strip()
        and line["score"].strip()
    )
    answered_at = text(company.last_instant - timedelta(hours=1))
    later = {"response_id": "later", "sent_at": "", "answered_at": answered_at, "loaded_at": stamp_of(1)}
    return [("raw_survey_responses", {**rating, **later})]


def leg_is_added_to_a_contact(company: Company) -> Delivery:
    contacts = {line["contact_id"].strip() for line in company.sound("raw_contacts")}
    leg = next(line for line in company.sound("raw_contact_legs") if line["contact_id"].strip() in contacts)
    return [("raw_contact_legs", {**leg, "leg_id": "added", "talk_seconds": "77", "loaded_at": stamp_of(1)})]


def conversation(company: Company, **values: str) -> Delivery:
    """A bot conversation that nobody was handed over from, an hour before the busy ticket was created."""
    created_at = instant_of(company.line("raw_tickets", busy_ticket(company)), "raw_tickets")
    assert created_at is not None
    line = dated(
        company.sound("raw_bot_conversations")[0], "raw_bot_conversations", created_at - timedelta(hours=1)
    )
    nothing = {"customer_id": "", "ticket_id": "", "handed_off_at": "", "loaded_at": stamp_of(1)}
    return [("raw_bot_conversations", {**line, "conversation_id": "added", **nothing, **values})]


def conversation_comes_before_a_ticket_of_its_customer(company: Company) -> Delivery:
    customer = company.line("raw_tickets", busy_ticket(company))["customer_id"]
    return conversation(company, customer_id=customer)


def conversation_names_a_ticket(company: Company) -> Delivery:
    return conversation(company, ticket_id=busy_ticket(company))


def texts_of_all_kinds_change(company: Company) -> Delivery:
    """A mention, a survey and a message have another label, another message is no customer's any more."""
    mention = next(
        line for line in company.sound("raw_social_mentions") if line["mention_type"].strip() == "mention"
    )
    survey = next(
        line
        for line in company.sound("raw_survey_responses")
        if line["answered_at"].strip() and line["comment"].strip()
    )
    read, other = [
        line
        for line in company.sound("raw_ticket_events")
        if line["ticket_id"].strip() in (busy_ticket(company, place) for place in range(9))
        and line["event_type"].strip().lower() == "message"
        and line["actor_type"].strip().lower() == "customer"
        and line["is_public"].strip().lower() == "true"
    ][:2]
    lines = [("raw_social_mentions", mention), ("raw_survey_responses", survey), ("raw_ticket_events", read)]
    changed = [
        (
            table,
            {**line, "sentiment_label": "positive" if line["sentiment_label"] == "negative" else "negative"},
        )
        for table, line in lines
    ]
    changed.append(("raw_ticket_events", {**other, "actor_type": "human_agent", "actor_id": "a2"}))
    return [(table, {**line, "loaded_at": stamp_of(1)}) for table, line in changed]


def rate_comes_after_its_costs(company: Company) -> Delivery:
    return [
        ("raw_exchange_rates", {**line, "loaded_at": stamp_of(1)})
        for name in ("first", "kept", "broken")
        for line in getattr(company, name)["raw_exchange_rates"]
        if line["currency_code"].strip() == "USD"
    ]


def optional_table_comes_late(company: Company) -> Delivery:
    return [(company.absent, {**line, "loaded_at": stamp_of(1)}) for line in company.first[company.absent]]


def nothing_but_a_mention_of_a_later_day_lets_windows_mature(company: Company) -> Delivery:
    latest = max(
        company.sound("raw_social_mentions"), key=lambda line: text(instant_of(line, "raw_social_mentions"))
    )
    return [
        (table, {**line, "mention_id": "later"})
        for table, line in shifted(company, "raw_social_mentions", latest, 9)
    ]


def latest_row_moves_back_and_with_it_the_end_of_the_data(company: Company) -> Delivery:
    ((table, line),) = nothing_but_a_mention_of_a_later_day_lets_windows_mature(company)
    instant = instant_of(line, table)
    assert instant is not None
    return [(table, {**dated(line, table, instant - timedelta(days=30)), "loaded_at": stamp_of(2)})]


CASES = {
    case.rows.__name__: case
    for case in (
        Case(customer_changes_segment),
        Case(agent_changes_team, is_all_built_anew=True),
        Case(ticket_changes_customer_topic_channel_and_calendar),
        Case(ticket_is_deleted),
        Case(ticket_arrives_after_its_events, without=[("raw_tickets", "t0100")]),
        Case(ticket_was_created_before_the_first_day),
        Case(event_of_an_old_ticket_arrives_late),
        Case(event_moves_to_another_ticket),
        Case(contact_changes_its_ticket),
        Case(survey_is_answered_later),
        Case(rating_is_overtaken_by_another_of_its_ticket),
        Case(leg_is_added_to_a_contact),
        Case(conversation_comes_before_a_ticket_of_its_customer),
        Case(conversation_names_a_ticket),
        Case(texts_of_all_kinds_change),
        Case(rate_comes_after_its_costs, without=[("raw_exchange_rates", "USD")]),
        Case(optional_table_comes_late),
        Case(nothing_but_a_mention_of_a_later_day_lets_windows_mature),
        Case(
            latest_row_moves_back_and_with_it_the_end_of_the_data,
            earlier=nothing_but_a_mention_of_a_later_day_lets_windows_mature,
            is_all_built_anew=True,
        ),
    )
}


def without_pages(path: Path) -> bytes:
    """What a Parquet file holds. All but its head and its footer is blanked: who reads a row of it fails."""
    held = path.read_bytes()
    pages = len(held) - 8 - int.from_bytes(held[-8:-4], "little")
    path.write_bytes(held[:4] + bytes(pages - 4) + held[pages:])
    return held


def test_parquet_files_that_are_as_they_were_are_not_read_again(warehouse: Warehouse) -> None:
    company = warehouse.company(5)
    warehouse.start(company)
    rows = {
        table: company.sound(table)
        for table in ("raw_social_mentions", "raw_bot_questions", "raw_contact_legs")
    }
    soon = datetime.now(timezone.utc) + timedelta(seconds=60)
    latest = stamp_of(0)
    rows["raw_contact_legs"][0] = {
        **dated(rows["raw_contact_legs"][0], "raw_contact_legs", soon),
        "loaded_at": latest,
    }
    for table, lines in rows.items():
        shutil.rmtree(warehouse.raw / table)
        warehouse.write(table, "all", lines, "typed parquet")
    warehouse.build()

    held = without_pages(warehouse.raw / "raw_social_mentions" / "all.parquet")
    # As many rows as there were, one of them a later version: not as it was.
    rows["raw_bot_questions"][0] = {
        **rows["raw_bot_questions"][0],
        "is_answered": "true" if rows["raw_bot_questions"][0]["is_answered"].strip() == "false" else "false",
        "loaded_at": stamp_of(1),
    }
    warehouse.write("raw_bot_questions", "all", rows["raw_bot_questions"], "typed parquet")
    time.sleep(max(0.0, (soon - datetime.now(timezone.utc)).total_seconds()))
    warehouse.build()

    assert warehouse.reasons_to_build_all() == [
        "raw_bot_questions/all.parquet does not hold the rows any more that were read from it"
    ]
    (warehouse.raw / "raw_social_mentions" / "all.parquet").write_bytes(held)
    wrong = warehouse.compare()
    assert not wrong, "\n".join(map(str, wrong))


def test_texts_that_an_older_release_classified_are_classified_anew(warehouse: Warehouse) -> None:
    warehouse.start(warehouse.company(5))
    older = "set classifier_version = 'older', sentiment_label = 'neutral'"
    read = "select text_id from intermediate.int_customer_texts where text_hash is not null"
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute(f"update intermediate.int_text_sentiments {older}")
        (count,) = connection.execute(
            f"update marts.fct_customer_texts {older}, sentiment_source = 'classifier'"
            f" where text_id in ({read})"
        ).fetchone()
    assert count > 0
    warehouse.build()
    assert warehouse.reasons_to_build_all() == []
    wrong = warehouse.compare()
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("name", CASES)
def test_one_thing_late(warehouse: Warehouse, name: str) -> None:
    company, case = warehouse.company(5), CASES[name]
    warehouse.start(company, case.without)
    if case.earlier:
        warehouse.deliver(case.earlier(company), f"before {name}")
        warehouse.build()
    rows = case.rows(company)
    assert rows
    warehouse.deliver(rows, name)
    warehouse.build()
    reasons = warehouse.reasons_to_build_all()
    assert bool(reasons) == case.is_all_built_anew, reasons
    wrong = warehouse.compare()
    assert not wrong, f"{len(wrong)} tables differ from a full build\n" + "\n".join(map(str, wrong))
