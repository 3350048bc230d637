"""The reference itself: figures got by hand, and properties that hold for any data."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from . import Row, differences, kpi_values, load
from .compare import PER_DAY
from .raw import RawError
from .scenario import RUN_STARTED_AT, make_scenario
from .small import Small

# --- worked examples ------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def test_saturday_reply_counts_only_friday_afternoon(small: Small) -> None:
    small.ticket("t", "2026-03-27 17:30:00")
    small.reply("t", "2026-03-28 11:00:00")
    values = small.values()
    assert values.value("first_response_time", "2026-03", "business_mean") == 30
    assert values.value("first_response_time", "2026-03", "calendar_mean") == 1050


def test_business_equals_calendar_on_a_desk_that_never_closes_over_autumn(small: Small) -> None:
    small.ticket("a", "2025-10-25 23:00:00", calendar_id="always", channel="email")
    small.reply("a", "2025-10-26 05:00:00")
    small.ticket("b", "2025-10-26T00:30:00Z", calendar_id="always", channel="chat")
    small.reply("b", "2025-10-26T01:15:00Z")
    values = small.values()
    for member, minutes in (("email", 420), ("chat", 45)):
        for variant in ("business_mean", "calendar_mean"):
            assert (
                values.value("first_response_time", "2025-10", variant, dimension="channel", member=member)
                == minutes
            )


def test_automatic_replies_do_not_stop_the_clock(small: Small) -> None:
    small.ticket("t", "2026-01-12 09:00:00")
    small.event("t", "2026-01-12 09:00:05", "message", "system")
    small.event("t", "2026-01-12 09:01:00", "message", "bot", actor_id="bot")
    small.note("t", "2026-01-12 09:10:00")
    small.reply("t", "2026-01-12 10:30:00")
    assert small.values().value("first_response_time", "2026-01", "business_mean") == 90
    either = small.values(first_response_stops_on="human_or_bot")
    assert either.value("first_response_time", "2026-01", "business_mean") == 1


def test_population_of_the_first_response_average(small: Small) -> None:
    flags = {"D": {"is_spam": True}, "E": {"merged_into_ticket_id": "A"}, "F": {"direction": "outbound"}}
    for name, minute in (("A", 10), ("B", 20), ("C", None), ("D", 1), ("E", 2), ("F", 0), ("G", None)):
        small.ticket(name, "2026-01-12 10:00:00", **flags.get(name, {}))
        if minute is not None:
            small.reply(name, f"2026-01-12 10:{minute:02d}:00")
    small.event("G", "2026-01-12 10:01:00", "message", "bot")
    row = small.values().row("first_response_time", "2026-01", "calendar_mean")
    assert (row.value, row.sample_count) == (15, 2)


def test_first_response_belongs_to_the_local_month_of_the_reply(small: Small) -> None:
    small.ticket("t", "2026-01-31T22:30:00Z")
    small.reply("t", "2026-01-31T23:10:00Z")
    values = small.values()
    assert values.value("first_response_time", "2026-02", "calendar_mean") == 40
    assert values.value("first_response_time", "2026-01", "calendar_mean") is None


def _replied_after(small: Small, minutes: list[int]) -> None:
    for place, minute in enumerate(minutes):
        small.ticket(f"t{place}", "2026-01-12 00:00:00", calendar_id="always")
        at = datetime(2026, 1, 12) + timedelta(minutes=minute)
        small.reply(f"t{place}", at.isoformat(sep=" "))


def test_bands_are_inclusive_and_leave_out_the_unanswered(small: Small) -> None:
    _replied_after(small, [5, 59, 60, 61, 119, 121, 600, 1441])
    small.ticket("open", "2026-01-12 00:00:00", calendar_id="always")
    for upper in (60, 120, 1440):
        small.policy["response_time_bands"].append(
            {"band_key": f"le_{upper}", "upper_minutes": upper, "name_en": "", "name_fr": ""}
        )
    values = small.values()
    assert [values.value("response_time_bands", "2026-01", f"le_{upper}") for upper in (60, 120, 1440)] == [
        37.5,
        62.5,
        87.5,
    ]


def test_percentiles_are_interpolated(small: Small) -> None:
    _replied_after(small, [15] * 9 + [360])
    values = small.values()
    assert values.value("first_response_time", "2026-01", "calendar_mean") == 49.5
    assert values.value("first_response_time", "2026-01", "calendar_median") == 15
    assert values.value("first_response_time", "2026-01", "calendar_p90") == 49.5


def test_first_response_sla_exact_hit_and_overdue_companion(small: Small) -> None:
    small.policy["sla_policies"].append(
        {
            "sla_policy_id": "p",
            "metric": "first_response",
            "priority": "high",
            "channel": "",
            "target_minutes": 60,
            "clock": "calendar",
            "valid_from": "",
            "valid_to": "",
        }
    )
    for place, minute in enumerate((30, 59, 60, 75)):
        small.ticket(f"t{place}", "2026-01-12 10:00:00", priority="high")
        at = datetime(2026, 1, 12, 10) + timedelta(minutes=minute)
        small.reply(f"t{place}", at.isoformat(sep=" "))
    small.ticket("late", "2026-01-12 10:00:00", priority="high")
    small.ticket("none", "2026-01-12 10:00:00", priority="low")
    small.reply("none", "2026-01-12 10:05:00")
    values = small.values(as_of="2026-01-12T12:00:00Z")
    row = values.row("first_response_sla_pct", "2026-01")
    assert (row.numerator, row.denominator, row.value) == (3, 4, 75)
    assert values.value("overdue_open_first_response", "2026-01") == 1


def test_each_ticket_is_resolved_once_on_its_last_solve(small: Small) -> None:
    small.ticket("X", "2026-01-10 10:00:00")
    small.status("X", "2026-01-15 10:00:00", "solved")
    small.ticket("Y", "2026-01-10 10:00:00")
    small.status("Y", "2026-01-30 10:00:00", "solved")
    small.status("Y", "2026-02-02 10:00:00", "open", "customer")
    small.status("Y", "2026-02-03 10:00:00", "solved")
    now = small.values()
    assert [now.value("tickets_resolved", month) for month in ("2026-01", "2026-02")] == [1, 1]
    assert small.values(as_of="2026-01-31T23:00:00Z").value("tickets_resolved", "2026-01") == 2


def test_every_way_to_fail_or_leave_first_contact_resolution(small: Small) -> None:
    def solved(name: str, day: int, customer: str, **values: object) -> None:
        small.ticket(name, f"2026-01-{day:02d} 09:00:00", customer_id=customer, topic="bill", **values)
        small.reply(name, f"2026-01-{day:02d} 10:00:00")
        small.status(name, f"2026-01-{day:02d} 10:00:00", "solved")

    for place in range(1, 8):
        solved(f"T{place}", 5, f"c{place}")
    small.status("T2", "2026-01-05 11:00:00", "open", "customer")
    small.status("T2", "2026-01-05 12:00:00", "solved")
    small.ticket("T3b", "2026-01-01 09:00:00", customer_id="other")
    small.rows["raw_ticket_events"].insert(
        0,
        {
            "event_id": "000000",
            "ticket_id": "T3",
            "occurred_at": "2026-01-05 09:30:00",
            "event_type": "message",
            "actor_type": "human_agent",
            "actor_id": "ann",
        },
    )
    for customer, topic, day in (("c4", "bill", 8), ("c5", "login", 8), ("c6", "bill", 13)):
        small.ticket(f"again {customer}", f"2026-01-{day:02d} 10:00:01", customer_id=customer, topic=topic)
    small.event("T7", "2026-01-05 09:40:00", "escalation", "human_agent", actor_id="ann", new_value="2")
    solved("T8", 13, "c8")
    small.ticket("T9", "2026-01-05 09:00:00", customer_id="c9", topic="bill")
    small.event("T9", "2026-01-05 09:01:00", "message", "bot")
    small.status("T9", "2026-01-05 09:02:00", "solved", "bot")
    solved("T10", 5, "c10", is_spam=True)
    small.ticket("T11", "2026-01-05 09:00:00", customer_id="c11", topic="bill")
    small.reply("T11", "2026-01-05 10:00:00")
    solved("T12", 5, "c12", merged_into_ticket_id="T1")
    values = small.values(as_of="2026-01-15T09:00:00Z")
    row = values.row("fcr_rate", "2026-01")
    assert (row.numerator, row.denominator, row.immature_count) == (4, 7, 1)
    assert row.value == pytest.approx(57.1429, abs=1e-4)
    assert values.row("repeat_contact_rate", "2026-01").numerator == 1


def _survey(small: Small, kind: str, score: object, **values: object) -> None:
    defaults = {
        "survey_kind": "relationship" if kind == "nps" else "transactional",
        "answered_at": "2026-01-12 10:00:00",
    }
    small.add("raw_survey_responses", survey_type=kind, score=score, **{**defaults, **values})


def test_nps_of_a_tiny_sample_says_how_little_it_knows(small: Small) -> None:
    for score in (10, 9, 8, 7, 6, 0):
        _survey(small, "nps", score)
    values = small.values()
    row = values.row("nps", "2026-01", "relationship")
    assert (row.value, row.is_small_sample) == (0, True)
    assert row.upper_bound == pytest.approx(51.07, abs=0.005)
    assert row.lower_bound == pytest.approx(-51.07, abs=0.005)
    assert values.value("nps", "2026-01", "transactional") is None


def test_nps_takes_the_latest_answer_of_a_customer(small: Small) -> None:
    _survey(small, "nps", 3, customer_id="C1", answered_at="2026-01-10 10:00:00")
    _survey(small, "nps", 9, customer_id="C1", answered_at="2026-01-12 10:00:00")
    _survey(small, "nps", 10, customer_id="C2")
    _survey(small, "nps", 6, customer_id="C3")
    values = small.values()
    assert values.value("nps", "2026-01", "relationship") == pytest.approx(33.3333, abs=1e-4)
    assert values.value("nps", "2026-01-10", "relationship") == -100


def test_csat_of_mixed_scales(small: Small) -> None:
    for score in (5, 4, 3, 2):
        _survey(small, "csat", score)
    for score in (10, 8, 7, 3):
        _survey(small, "csat", score, scale_min=1, scale_max=10)
    for score in (3, 2):
        _survey(small, "csat", score, scale_min=1, scale_max=3)
    values = small.values()
    shares = [values.value(f"csat_{name}_pct", "2026-01") for name in ("satisfied", "neutral", "negative")]
    assert shares == [50, 30, 20]
    assert values.value("csat_avg", "2026-01") == pytest.approx(3.6667, abs=1e-4)
    other = small.values(csat_denominator="positive_plus_negative")
    assert other.value("csat_satisfied_pct", "2026-01") == pytest.approx(71.4286, abs=1e-4)
    assert other.value("csat_neutral_pct", "2026-01") == 30


def test_nine_of_ten_satisfied(small: Small) -> None:
    for score in [5] * 9 + [1]:
        _survey(small, "csat", score)
    small.ticket("later", "2026-02-02 10:00:00")
    values = small.values()
    row = values.row("csat_satisfied_pct", "2026-01")
    assert row.value == 90
    assert (row.lower_bound, row.upper_bound) == (
        pytest.approx(59.58, abs=0.005),
        pytest.approx(98.21, abs=0.005),
    )
    assert values.value("csat_satisfied_pct", "2026-02") is None


def test_effort_and_agreement_on_one_ease(small: Small) -> None:
    for score in (7, 6, 5, 4, 2):
        _survey(small, "ces", score, channel="v2")
    for score in (1, 2, 5):
        _survey(small, "ces", score, channel="v1", scale_min=1, scale_max=5, question_version="ces_v1_effort")
    values = small.values()
    names = ("ces_avg", "ces_agree_pct", "ces_disagree_pct")
    assert [values.value(name, "2026-01") for name in names] == [4.6875, 62.5, 25]
    v2 = [values.value(name, "2026-01", dimension="channel", member="v2") for name in names]
    assert v2 == [pytest.approx(4.8), 60, 20]


def test_servqual_is_the_mean_of_dimension_means(small: Small) -> None:
    names = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")
    items, wanted, got = (4, 5, 4, 4, 5), (5.0, 6.5, 6.0, 6.0, 5.5), (5.5, 5.5, 6.0, 5.5, 5.0)
    for name, count, expectation, perception in zip(names, items, wanted, got, strict=True):
        for item in range(count):
            small.add(
                "raw_servqual_answers",
                response_id="r",
                answered_at="2026-01-12 10:00:00",
                dimension=name,
                item=item,
                expectation=expectation,
                perception=perception,
            )
    values = small.values()
    gaps = [values.value("servqual_gap", "2026-01", name) for name in names]
    assert gaps == [0.5, -1.0, 0.0, -0.5, -0.5]
    assert values.value("servqual_gap", "2026-01") == pytest.approx(-0.3)
    assert values.value("qos_score", "2026-01") == 5.5
    assert values.row("qos_score", "2026-01").sample_count == 22
    weighted = small.values(servqual_weights=dict(zip(names, (11, 32, 22, 19, 16), strict=True)))
    assert weighted.value("servqual_gap", "2026-01") == pytest.approx(-0.44)


def test_retention_without_customers_and_without_losses(small: Small) -> None:
    for place in range(10):
        small.add("raw_subscriptions", customer_id=f"c{place}", started_on="2026-01-05")
    small.ticket("first", "2026-01-01 10:00:00")
    small.ticket("last", "2026-03-02 10:00:00")
    values = small.values()
    assert values.value("churn_rate_start", "2026-01") is None
    assert values.value("churn_rate_start", "2026-02") == 0
    assert values.value("customer_retention_rate", "2026-02") == 100
    with pytest.raises(KeyError):
        values.row("customer_retention_rate", "2026-03")


def test_churn_by_either_base(small: Small) -> None:
    for name, start, end in (
        ("stays", "2025-12-01", None),
        ("leaves", "2025-12-01", "2026-01-31"),
        ("back", "2025-12-01", "2026-01-10"),
        ("brief", "2026-01-05", "2026-01-06"),
        ("joins", "2026-01-31", None),
        ("gone", "2025-12-01", "2025-12-31"),
    ):
        small.add("raw_subscriptions", customer_id=name, started_on=start, ended_on=end)
    small.add("raw_subscriptions", customer_id="back", started_on="2026-01-31")
    small.ticket("t", "2026-01-31 23:00:00")
    values = small.values()
    kept = values.row("customer_retention_rate", "2026-01")
    assert (kept.numerator, kept.denominator) == (2, 3)
    lost = values.row("churn_rate_period", "2026-01")
    assert (lost.numerator, lost.denominator) == (2, 5)


def _call(small: Small, outcome: str, wait: int, number: int) -> None:
    at = datetime(2026, 1, 12, 10) + timedelta(minutes=number)
    end = (at + timedelta(seconds=wait)).isoformat(sep=" ")
    small.add(
        "raw_contacts",
        channel="Phone",
        direction="inbound",
        offered_at=at.isoformat(sep=" "),
        answered_at=end if outcome == "answered" else None,
        ended_at=end,
        outcome=outcome,
    )


def test_short_abandons_and_service_level(small: Small) -> None:
    waits = [("answered", 20)] * 68 + [("answered", 21)] * 12
    waits += [("abandoned", 5)] * 8 + [("abandoned", 20)] * 5 + [("abandoned", 21)] * 7
    for number, (outcome, wait) in enumerate(waits):
        _call(small, outcome, wait, number)
    names = ("answer_rate", "answer_rate_within_threshold", "abandon_rate")
    assert [small.values().value(name, "2026-01") for name in names] == [80, 68, 20]
    short = small.values(short_abandon_seconds=5)
    assert short.value("answer_rate", "2026-01") == pytest.approx(86.9565, abs=1e-4)
    assert short.value("answer_rate_within_threshold", "2026-01") == pytest.approx(73.9130, abs=1e-4)
    longer = small.values(short_abandon_seconds=20)
    assert longer.value("answer_rate_within_threshold", "2026-01") == pytest.approx(78.1609, abs=1e-4)


def test_handle_time_of_a_transfer_and_an_abandoned_call(small: Small) -> None:
    legs = [("1", "A", 300, 30, 60), ("2", "A", 120, 0, 30), ("3", "A", 100, 0, 20), ("3", "B", 200, 10, 40)]
    for contact_id in "123":
        small.add(
            "raw_contacts",
            contact_id=contact_id,
            channel="phone",
            direction="inbound",
            offered_at="2026-01-12 10:00:00",
            answered_at="2026-01-12 10:00:10",
            outcome="answered",
        )
    _call(small, "abandoned", 40, 1)
    for contact_id, agent_id, talk, hold, wrap in legs:
        small.add(
            "raw_contact_legs",
            contact_id=contact_id,
            agent_id=agent_id,
            started_at="2026-01-12 10:01:00",
            talk_seconds=talk,
            hold_seconds=hold,
            wrap_up_seconds=wrap,
        )
    values = small.values()
    row = values.row("average_handle_time", "2026-01")
    assert (row.numerator, row.denominator) == (910, 3)
    assert row.value == pytest.approx(303.3333, abs=1e-4)
    one = values.row("average_handle_time", "2026-01", dimension="agent", member="A")
    assert (one.numerator, one.denominator) == (660, 3)


def _resolved(small: Small, month: str, count: int) -> None:
    for place in range(count):
        name = f"{month}-{place}"
        small.ticket(name, f"{month}-04 10:00:00")
        small.reply(name, f"{month}-04 11:00:00")
        small.status(name, f"{month}-04 12:00:00", "solved")


def test_a_month_with_costs_and_no_resolution(small: Small) -> None:
    for month in ("2026-01", "2026-02", "2026-03"):
        small.add(
            "raw_costs", cost_month=f"{month}-17", cost_category="salaries", amount=12000, currency_code="EUR"
        )
    for number in range(500):
        _call(small, "answered", 5, number)
    _resolved(small, "2026-02", 400)
    _resolved(small, "2026-03", 300)
    values = small.values()
    assert values.value("cost_per_resolution", "2026-01") is None
    assert values.value("cost_per_interaction", "2026-01") == 24
    assert [values.value("cost_per_resolution", month) for month in ("2026-02", "2026-03")] == [30, 40]
    assert values.value("cost_per_resolution", "2026-Q1") == pytest.approx(51.4286, abs=1e-4)


def test_a_month_without_cost_rows_makes_the_longer_periods_null(small: Small) -> None:
    small.add(
        "raw_costs",
        cost_month="2026-02-01",
        cost_category="salaries",
        amount=10,
        currency_code="EUR",
        team="x",
    )
    _resolved(small, "2026-02", 1)
    values = small.values()
    assert values.value("support_cost", "2026-02") == 10
    assert values.value("support_cost", "2026-Q1") is None
    assert values.value("support_cost", "2026") is None


def test_business_days_of_a_french_may(small: Small) -> None:
    for day in ("01", "08", "14", "25"):
        small.policy["holidays"].append(
            {
                "calendar_id": "fr",
                "holiday_date": f"2026-05-{day}",
                "opens_at": "",
                "closes_at": "",
                "name": "",
            }
        )
    _resolved(small, "2026-05", 340)
    small.ticket("later", "2026-06-01 10:00:00")
    row = small.values().row("tickets_resolved_per_business_day", "2026-05")
    assert (row.numerator, row.denominator, row.value) == (340, 17, 20)


def test_replies_are_not_touches(small: Small) -> None:
    for name in ("T1", "T2", "T3", "T4"):
        small.ticket(name, "2026-01-12 09:00:00")
    for minute in range(9):
        small.reply("T4", f"2026-01-12 10:{minute:02d}:00")
    small.reply("T1", "2026-01-12 10:00:00")
    small.note("T1", "2026-01-12 10:01:00")
    small.note("T1", "2026-01-12 10:02:00")
    for minute in range(3):
        small.reply("T2", f"2026-01-12 10:{minute:02d}:00")
    for minute in range(2):
        small.event("T2", f"2026-01-12 10:{minute:02d}:30", "message", "system")
    for name, actor in (("T1", "human_agent"), ("T2", "human_agent"), ("T3", "customer")):
        small.status(name, "2026-01-12 11:00:00", "solved", actor)
    values = small.values()
    assert values.value("interactions_per_ticket", "2026-01") == pytest.approx(4 / 3)
    assert values.value("agent_touches_per_ticket", "2026-01") == 2


def test_containment_is_not_resolution(small: Small) -> None:
    def talk(count: int, **values: object) -> None:
        for _ in range(count):
            place = len(small.rows["raw_bot_conversations"])
            defaults = {"customer_id": f"c{place}", "answer_count": 1, "started_at": "2026-01-12 10:00:00"}
            small.add("raw_bot_conversations", **{**defaults, **values})

    talk(25, handed_off_at="2026-01-12 10:05:00")
    talk(30, feedback="confirmed")
    talk(10)
    talk(5)
    talk(8, answer_count=0)
    talk(2, feedback="negative")
    for place in range(65, 70):
        small.ticket(f"back{place}", "2026-01-15 10:00:00", customer_id=f"c{place}")
    for place in range(20):
        small.ticket(f"t{place}", "2026-01-12 10:00:00")
    small.ticket("end", "2026-01-25 10:00:00", is_spam=True)
    values = small.values()
    row = values.row("chatbot_resolution_rate", "2026-01")
    assert (row.numerator, row.denominator, row.value) == (40, 80, 50)
    assert values.value("automation_rate", "2026-01") == 40


def test_self_service_usage_and_success_on_the_same_people(small: Small) -> None:
    seen = {
        "a": "helpful",
        "b": "helpful",
        "c": "helpful",
        "d": None,
        "e": "not_helpful",
        "f": None,
        "g": None,
    }
    for name, feedback in seen.items():
        small.add(
            "raw_self_service_sessions",
            visitor_id=name,
            customer_id=name,
            tool="faq",
            started_at="2026-01-12 10:00:00",
            article_view_count=1,
            feedback=feedback,
        )
    for name in "fg":
        small.ticket(name, "2026-01-13 10:00:00", customer_id=name)
    for name in "hij":
        small.ticket(name, "2026-01-20 10:00:00", customer_id=name)
    values = small.values()
    assert values.value("self_service_usage_rate", "2026-01") == 50
    assert values.value("self_service_success_rate", "2026-01") == pytest.approx(57.1429, abs=1e-4)


def test_savings_need_a_baseline(small: Small) -> None:
    def month(name: str, humans: int) -> None:
        amounts = (("salaries", 1200), ("automation_usage", "39.60"), ("automation_fixed", 100))
        for category, amount in amounts:
            small.add(
                "raw_costs",
                cost_month=f"{name}-01",
                cost_category=category,
                amount=amount,
                currency_code="EUR",
            )
        for _ in range(40):
            small.add("raw_bot_conversations", answer_count=1, started_at=f"{name}-12 10:00:00")
        _resolved(small, name, humans)

    month("2026-01", 100)
    month("2026-02", 0)
    small.ticket("end", "2026-03-10 10:00:00")
    values = small.values()
    assert values.value("automation_cost_savings", "2026-01") == pytest.approx(340.4)
    assert values.value("automation_cost_savings", "2026-02") is None


def test_unclassified_is_coverage_not_neutral(small: Small) -> None:
    for label, count in (("positive", 6), ("negative", 3), ("neutral", 6), (None, 5)):
        for _ in range(count):
            small.add(
                "raw_social_mentions",
                network="x",
                mention_type="mention",
                visibility="public",
                posted_at="2026-01-12 10:00:00",
                sentiment_label=label,
            )
    values = small.values()
    shares = [
        values.value(f"customer_sentiment_{name}_pct", "2026-01")
        for name in ("positive", "negative", "neutral")
    ]
    assert shares == [40, 20, 40]
    assert values.value("net_sentiment", "2026-01") == 20
    assert values.value("sentiment_coverage_pct", "2026-01") == 75


def test_resolution_rate_is_of_the_cohort(small: Small) -> None:
    for place in range(5):
        small.ticket(f"old{place}", "2025-12-20 10:00:00")
        small.status(f"old{place}", "2026-01-05 10:00:00", "solved")
    for place in range(10):
        small.ticket(f"new{place}", "2026-01-10 10:00:00")
        if place < 7:
            small.status(f"new{place}", "2026-01-11 10:00:00", "solved")
    values = small.values()
    assert values.value("resolution_rate", "2026-01") == 70
    assert values.value("tickets_resolved", "2026-01") == 12


def test_ratio_of_sums_not_mean_of_ratios(small: Small) -> None:
    for score, count, channel in ((5, 90, "email"), (1, 10, "email"), (5, 1, "phone"), (1, 9, "phone")):
        for _ in range(count):
            _survey(small, "csat", score, channel=channel)
    assert small.values().value("csat_satisfied_pct", "2026-01") == pytest.approx(82.7273, abs=1e-4)


# --- further edges, by hand -----------------------------------------------------------------------


def test_business_minutes_over_a_year_have_no_cap(small: Small) -> None:
    # 2025-01-01 is a Wednesday: 261 weekdays in the year, nine hours each.
    small.ticket("t", "2025-01-01 00:00:00")
    small.reply("t", "2026-01-01 00:00:00")
    assert small.values().value("first_response_time", "2026-01", "business_mean") == 261 * 540


def test_each_stretch_uses_the_calendar_then_in_force(small: Small) -> None:
    small.ticket("t", "2026-01-16 17:00:00", calendar_id="fr")
    small.event("t", "2026-01-17 10:00:00", "calendar_change", "system", new_value="always")
    small.reply("t", "2026-01-17 10:30:00")
    small.ticket("u", "2026-01-16 17:00:00", calendar_id="fr")
    small.event("u", "2026-01-17 10:00:00", "calendar_change", "system", new_value="nobody")
    small.reply("u", "2026-01-17 10:30:00")
    values = small.values()
    row = values.row("first_response_time", "2026-01", "business_mean")
    assert (row.value, row.denominator) == (90, 1)
    assert values.row("first_response_time", "2026-01", "calendar_mean").denominator == 2


def test_resolution_sla_deducts_pauses_and_uses_the_policy_of_when_the_priority_was_set(small: Small) -> None:
    for name, minutes, start, end in (
        ("old", 60, "", "2026-01-12 09:30:00"),
        ("new", 61, "2026-01-12 09:30:00", ""),
    ):
        small.policy["sla_policies"].append(
            {
                "sla_policy_id": name,
                "metric": "resolution",
                "priority": "high",
                "channel": "",
                "target_minutes": minutes,
                "clock": "business",
                "valid_from": start,
                "valid_to": end,
            }
        )
    for name, raised in (("t", "09:29:59"), ("u", "09:30:00")):
        small.ticket(name, "2026-01-12 09:00:00")
        change = {"old_value": "low", "new_value": "high"}
        small.event(name, f"2026-01-12 {raised}", "priority_change", "system", **change)
        small.status(name, "2026-01-12 09:40:00", "pending")
        small.status(name, "2026-01-12 11:40:00", "open", "customer")
        small.status(name, "2026-01-12 12:01:00", "solved")
    row = small.values().row("resolution_sla_pct", "2026-01")
    assert (row.numerator, row.denominator) == (1, 2)


def test_average_response_time_counts_from_the_oldest_unanswered_message(small: Small) -> None:
    small.ticket("t", "2026-01-12 10:00:00")
    small.event("t", "2026-01-12 10:10:00", "message", "customer")
    small.reply("t", "2026-01-12 10:30:00")
    small.reply("t", "2026-01-12 10:40:00", "bob")
    small.event("t", "2026-01-12 11:00:00", "message", "customer", is_public=False)
    small.event("t", "2026-01-12 11:05:00", "message", "bot")
    small.event("t", "2026-01-12 11:10:00", "message", "customer")
    small.note("t", "2026-01-12 11:12:00")
    small.reply("t", "2026-01-12 11:20:00", "bob")
    small.event("t", "2026-01-12 12:00:00", "message", "customer")
    values = small.values()
    row = values.row("average_response_time", "2026-01", "calendar_mean")
    assert (row.numerator, row.denominator) == (40, 2)
    bob = values.row("average_response_time", "2026-01", "calendar_mean", dimension="agent", member="bob")
    assert (bob.numerator, bob.denominator) == (10, 1)


def test_events_in_one_second_are_ordered_by_length_of_id_then_id(small: Small) -> None:
    small.ticket("t", "2026-01-12 10:00:00")
    rows = (("1000", "open", "customer"), ("999", "solved", "human_agent"))
    for event_id, status, actor in rows:
        small.event(
            "t",
            "2026-01-12 11:00:00",
            "status_change",
            actor,
            event_id=event_id,
            new_value=status,
            actor_id="ann",
        )
    values = small.values()
    assert values.value("reopen_count", "2026-01") == 1
    assert values.value("open_backlog", "2026-01") == 1
    # In the very second of the solve, hence not within the window after it.
    assert values.row("reopen_rate", "2026-01").immature_count == 1
    later = small.values(as_of="2026-02-20T00:00:00Z")
    assert later.row("reopen_rate", "2026-01").numerator == 0


def test_work_without_a_resolver_goes_to_the_last_human_who_replied(small: Small) -> None:
    small.add("raw_agents", agent_id="bob", team="red", agent_kind="human")
    small.ticket("t", "2026-01-12 10:00:00", assignee_id="ann", team="blue")
    small.reply("t", "2026-01-12 10:30:00", "ann")
    small.status("t", "2026-01-12 11:00:00", "solved", "customer")
    small.reply("t", "2026-01-12 12:00:00", "bob")
    values = small.values()
    assert values.value("tickets_resolved", "2026-01", dimension="agent", member="bob") == 1
    assert values.value("tickets_resolved", "2026-01", dimension="team", member="red") == 1
    assert values.value("ticket_volume", "2026-01", dimension="team", member="blue") == 1
    reply = values.value(
        "first_response_time", "2026-01", "calendar_mean", dimension="team", member="unknown"
    )
    assert reply == 30


def test_an_absent_optional_table_has_no_rows(small: Small) -> None:
    small.ticket("t", "2026-01-12 10:00:00")
    known = {key[0] for key in small.values().rows}
    assert {"ticket_volume", "fcr_rate", "net_sentiment"} <= known
    absent = {
        "csat_avg",
        "answer_rate",
        "support_cost",
        "nps",
        "automation_rate",
        "social_mentions",
        "qos_score",
    }
    assert not known & absent


def test_a_repeat_contact_comes_after_the_solve_and_not_after_the_window(small: Small) -> None:
    for name, later, second in (("a", 12, 0), ("b", 12, 1), ("c", 19, 0), ("d", 19, 1)):
        small.ticket(name, "2026-01-12 09:00:00", customer_id=name, topic="bill")
        small.reply(name, "2026-01-12 10:00:00")
        small.status(name, "2026-01-12 10:00:00", "solved")
        small.ticket(f"{name}2", f"2026-01-{later} 10:00:{second:02d}", customer_id=name, topic="bill")
    row = small.values(as_of="2026-01-19T09:00:01Z").row("repeat_contact_rate", "2026-01")
    assert (row.numerator, row.denominator) == (2, 4)


def test_windows_count_from_the_second_that_they_are_over(small: Small) -> None:
    small.ticket("t", "2026-01-12 09:00:00")
    small.reply("t", "2026-01-12 10:00:00")
    small.status("t", "2026-01-12 10:00:00", "solved")
    for days, kpi in ((7, "fcr_rate"), (14, "reopen_rate")):
        for second, left_out in ((0, 0), (-1, 1)):
            as_of = datetime(2026, 1, 12, 9, tzinfo=timezone.utc) + timedelta(days=days, seconds=second)
            row = small.values(as_of=as_of).row(kpi, "2026-01")
            assert (row.denominator, row.immature_count) == (1 - left_out, left_out)


def test_reopened_in_the_last_second_of_the_window(small: Small) -> None:
    for name, second in (("in", 0), ("out", 1)):
        small.ticket(name, "2026-01-12 09:00:00")
        small.status(name, "2026-01-12 10:00:00", "solved")
        small.status(name, f"2026-01-26 10:00:{second:02d}", "open", "customer")
    row = small.values().row("reopen_rate", "2026-01")
    assert (row.numerator, row.denominator) == (1, 2)


def test_a_stock_is_what_stood_before_midnight(small: Small) -> None:
    small.ticket("solved at midnight", "2026-01-12 10:00:00")
    small.status("solved at midnight", "2026-01-13 00:00:00", "solved")
    small.ticket("created at midnight", "2026-01-13 00:00:00")
    values = small.values()
    backlog = {day: values.value("open_backlog", f"2026-01-{day}") for day in (12, 13)}
    assert backlog == {12: 1, 13: 1}
    assert values.value("tickets_resolved", "2026-01-13") == 1


def test_a_calendar_replaced_in_the_second_of_the_creation_never_counts(small: Small) -> None:
    small.ticket("t", "2026-01-17 10:00:00", calendar_id="nobody")
    small.event("t", "2026-01-17 10:00:00", "calendar_change", "system", new_value="always")
    small.reply("t", "2026-01-17 10:30:00")
    assert small.values().value("first_response_time", "2026-01", "business_mean") == 30


def test_a_chat_session_and_its_contact_are_one_contact(small: Small) -> None:
    for name, channel in (("chat", "chat"), ("phone", "phone")):
        small.ticket(name, "2026-01-12 09:00:00")
        small.reply(name, "2026-01-12 10:00:00", session_id="s")
        small.reply(name, "2026-01-12 10:01:00", session_id="s")
        small.add(
            "raw_contacts",
            channel=channel,
            direction="inbound",
            ticket_id=name,
            offered_at="2026-01-12 09:59:00",
            answered_at="2026-01-12 11:00:00",
            outcome="answered",
        )
        small.status(name, "2026-01-12 11:00:00", "solved")
    values = small.values(as_of="2026-02-01T00:00:00Z")
    row = values.row("fcr_rate", "2026-01")
    assert (row.numerator, row.denominator) == (1, 2)
    assert values.value("interactions_per_ticket", "2026-01") == 1


def test_touches_of_one_agent_in_one_clock_second_are_one(small: Small) -> None:
    small.ticket("t", "2026-01-12 09:00:00")
    for at, agent_id in (("00.100", "ann"), ("00.900", "ann"), ("00.900", "bob"), ("01.200", "ann")):
        small.note("t", f"2026-01-12 10:00:{at}", agent_id)
    small.status("t", "2026-01-12 11:00:00", "solved")
    assert small.values().value("agent_touches_per_ticket", "2026-01") == 3


def test_escalation_is_of_the_first_line_and_by_people(small: Small) -> None:
    for agent_id, tier in (("one", 1), ("two", 2), ("none", None)):
        small.add("raw_agents", agent_id=agent_id, tier=tier, agent_kind="human")
    for name, agent_id, actor in (
        ("a", "one", "human_agent"),
        ("b", "two", "human_agent"),
        ("c", "none", "bot"),
        ("d", "missing", None),
    ):
        small.ticket(name, "2026-01-12 09:00:00")
        if actor is not None:
            small.event(name, "2026-01-12 09:30:00", "escalation", actor, new_value="2")
        small.note(name, "2026-01-12 10:00:00", agent_id)
    small.event("d", "2026-01-12 10:30:00", "team_change", "human_agent", new_value="other")
    row = small.values().row("escalation_rate", "2026-01")
    assert (row.numerator, row.denominator) == (1, 3)


def test_the_latest_csat_of_a_ticket_counts_wherever_it_falls(small: Small) -> None:
    small.ticket("t", "2026-01-12 09:00:00")
    small.ticket("spam", "2026-01-12 09:00:00", is_spam=True)
    _survey(small, "csat", 1, ticket_id="t", answered_at="2026-01-13 10:00:00")
    _survey(small, "csat", 5, ticket_id="t", answered_at="2026-02-13 10:00:00", response_id="b")
    _survey(small, "csat", 4, ticket_id="t", answered_at="2026-02-13 10:00:00", response_id="c")
    _survey(small, "csat", 1, ticket_id="spam", answered_at="2026-02-13 10:00:00")
    _survey(small, "csat", 2, ticket_id="nowhere", answered_at="2026-02-13 10:00:00")
    values = small.values()
    assert values.value("csat_avg", "2026-01") is None
    row = values.row("csat_avg", "2026-02")
    assert (row.numerator, row.denominator) == (6, 2)
    assert values.value("csat_avg", "2026-02", dimension="priority", member="unknown") == 2


def test_two_signs_put_a_customer_at_risk(small: Small) -> None:
    for name in ("two", "one", "half", "lapsed"):
        small.add(
            "raw_subscriptions",
            customer_id=name,
            started_on="2025-01-01",
            ended_on="2026-01-31" if name == "lapsed" else None,
        )
        _survey(small, "nps", 6, customer_id=name)
        _survey(small, "csat", 2, customer_id=name)
    for name in ("two", "lapsed"):
        _survey(small, "ces", 3, customer_id=name)
    small.ticket("t", "2026-01-12 09:00:00", customer_id="half")
    for label in ("negative", "positive"):
        small.event("t", "2026-01-13 09:00:00", "message", "customer", sentiment_label=label)
    small.ticket("end", "2026-05-20 09:00:00")
    values = small.values()
    assert values.value("customers_at_risk", "2026-01") == 1
    # 12 January is 91 days before 12 April and 108 before the end of April.
    assert [values.value("customers_at_risk", month) for month in ("2026-03", "2026-04")] == [1, 0]


# --- judgement of rows ----------------------------------------------------------------------------


def test_rejections_versions_and_duplicates(small: Small) -> None:
    small.ticket("ok", "2026-01-12 10:00:00", priority=" High ", is_spam="No")
    small.ticket("", "2026-01-12 10:00:00", priority="odd")
    small.ticket("odd", "2026-01-12 10:00:00", priority="odd", is_spam="maybe")
    small.ticket("late", "2040-01-12 10:00:00")
    for topic, loaded_at in (
        ("one", "2026-01-13"),
        ("two", "2026-01-14"),
        ("three", "2026-01-14"),
        ("two", "2026-01-14"),
    ):
        small.ticket("twice", "2026-01-12 10:00:00", topic=topic, loaded_at=loaded_at)
    raw = small.load()
    assert sorted(raw.rejected) == [
        ("raw_tickets", "", "missing:ticket_id"),
        ("raw_tickets", "late", "in_the_future"),
        ("raw_tickets", "odd", "not_in_list:priority"),
        ("raw_tickets", "twice", "conflicting_key"),
    ]
    assert raw.reconciliation["raw_tickets"] == {
        "rows_read": 8,
        "rows_accepted": 2,
        "rows_rejected": 4,
        "rows_duplicate": 1,
        "rows_superseded": 1,
        "rows_not_yet": 0,
    }
    assert [row["topic"] for row in raw.tables["raw_tickets"]] == [None, "two"]


def test_a_survey_answered_after_as_of_is_unanswered_then(small: Small) -> None:
    _survey(small, "csat", 5, sent_at="2026-01-10 10:00:00", answered_at="2026-01-12 10:00:00")
    _survey(small, "csat", 5, sent_at="2026-01-12 09:00:00", answered_at="2026-01-12 10:00:00")
    raw = small.load(as_of="2026-01-11T00:00:00Z")
    assert raw.reconciliation["raw_survey_responses"]["rows_not_yet"] == 1
    assert [row["answered_at"] for row in raw.tables["raw_survey_responses"]] == [None]
    row = small.values(as_of="2026-01-11T00:00:00Z").row("survey_response_rate", "2026-01", "all")
    assert (row.numerator, row.denominator) == (0, 1)


def test_as_of_is_the_end_of_the_last_local_day_but_not_after_the_run(small: Small) -> None:
    small.ticket("t", "2026-01-12 23:30:00")
    assert small.load().as_of == datetime(2026, 1, 12, 23, tzinfo=timezone.utc)
    early = datetime(2026, 1, 12, 22, 45, tzinfo=timezone.utc)
    assert load(small.folder, small.folder, {"source_timezone": "Europe/Paris"}, early).as_of == early


def test_a_missing_mandatory_column_stops(small: Small) -> None:
    small.load()
    (small.folder / "raw_tickets.csv").write_text("ticket_id,priority\n", encoding="utf-8")
    with pytest.raises(RawError, match="direction"):
        load(small.folder, small.folder, {}, RUN_STARTED_AT)


# --- properties of random data --------------------------------------------------------------------

SEVERAL_MEMBERS = {"average_handle_time", "answer_rate", "answer_rate_within_threshold", "abandon_rate"}
NOT_ADDITIVE = {
    "tickets_handled_per_day",
    "tickets_per_agent",
    "tickets_resolved_per_business_day",
    "self_service_usage_rate",
    "self_service_success_rate",
    "qos_score",
    "servqual_gap",
    "knowledge_gap_count",
}


@pytest.fixture(scope="module", params=[0, 1])
def rows(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = make_scenario(request.param, 200, folder=tmp_path_factory.mktemp("scenario"))
    raw = load(folder, folder, {}, RUN_STARTED_AT)
    assert raw.rejected == []
    return kpi_values(raw)


def test_members_add_up_to_overall(rows: dict) -> None:
    sums: dict = defaultdict(lambda: [0.0, 0.0, 0])
    for (kpi, variant, grain, start, dimension, _), row in rows.items():
        total = sums[(kpi, variant, grain, start, dimension)]
        total[0] += row.numerator or 0
        total[1] += row.denominator or 0
        total[2] += row.immature_count
    checked = 0
    for (kpi, variant, grain, start, dimension), total in sums.items():
        if kpi in NOT_ADDITIVE or (
            dimension in ("agent", "team") and kpi in SEVERAL_MEMBERS | {"average_wait_time"}
        ):
            continue
        row = rows[(kpi, variant, grain, start, "overall", "all")]
        assert total[0] == pytest.approx(row.numerator or 0), (kpi, variant, grain, start, dimension)
        assert total[1] == pytest.approx(row.denominator or 0), (kpi, variant, grain, start, dimension)
        assert total[2] == row.immature_count
        checked += 1
    assert checked > 10_000


def test_shares_add_to_a_hundred(rows: dict) -> None:
    families = (
        ("csat_satisfied_pct", "csat_neutral_pct", "csat_negative_pct"),
        ("nps_promoters_pct", "nps_passives_pct", "nps_detractors_pct"),
        tuple(f"customer_sentiment_{name}_pct" for name in ("positive", "neutral", "negative")),
        ("customer_retention_rate", "churn_rate_start"),
    )
    for family in families:
        checked = 0
        for key, row in rows.items():
            if key[0] == family[0] and row.value is not None:
                assert sum(rows[(name, *key[1:])].value for name in family) == pytest.approx(100)
                checked += 1
        assert checked > 0


def test_days_add_up_to_longer_periods_where_sums_may(rows: dict) -> None:
    for kpi in (
        "ticket_volume",
        "tickets_resolved",
        "csat_avg",
        "fcr_rate",
        "new_customers_supported",
        "answer_rate",
    ):
        for part in ("numerator", "denominator"):
            days = sum(
                getattr(row, part) or 0
                for key, row in rows.items()
                if key[0] == kpi and key[2] == "day" and key[4] == "overall"
            )
            years = sum(
                getattr(row, part) or 0
                for key, row in rows.items()
                if key[0] == kpi and key[2] == "year" and key[4] == "overall"
            )
            assert days == pytest.approx(years)


def test_backlog_of_the_last_day_is_what_was_created_and_is_not_solved(rows: dict) -> None:
    last = max(key[3] for key in rows if key[0] == "open_backlog" and key[2] == "day")
    backlog = rows[("open_backlog", "standard", "day", last, "overall", "all")].value
    of_year = [
        row
        for key, row in rows.items()
        if key[0] == "resolution_rate" and key[2] == "year" and key[4] == "overall"
    ]
    unsolved = sum(row.denominator - row.numerator for row in of_year)
    assert backlog == unsolved
    assert backlog > 0


def test_bounds_hold_the_value(rows: dict) -> None:
    for row in rows.values():
        # An adjusted-Wald interval is pulled towards 0 and may miss a score that few answers put at an end.
        if row.lower_bound is not None and row.unit == "percent":
            assert row.lower_bound - 1e-9 <= row.value <= row.upper_bound + 1e-9


def test_a_desk_that_never_closes_measures_elapsed_time(tmp_path: Path) -> None:
    folder = make_scenario(2, 120, folder=tmp_path)
    lines = ["calendar_id,iso_weekday,opens_at,closes_at,timezone,valid_from,valid_to"]
    for calendar_id, zone in (("fr", "Europe/Paris"), ("us", "America/New_York"), ("india", "Asia/Kolkata")):
        lines += [f"{calendar_id},{day},00:00,24:00,{zone},," for day in range(1, 8)]
    for other in ("always", "night", "versions", "mars"):
        lines += [f"{other},{day},00:00,24:00,UTC,," for day in range(1, 8)]
    (folder / "business_hours.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "holidays.csv").write_text(
        "calendar_id,holiday_date,opens_at,closes_at,name\n", encoding="utf-8"
    )
    rows = kpi_values(load(folder, folder, {}, RUN_STARTED_AT))
    checked = 0
    for key, row in rows.items():
        if key[1].startswith("business_"):
            other = (key[0], key[1].replace("business", "calendar"), *key[2:])
            assert row == rows[other]
            checked += 1
    assert checked > 1000


def test_the_order_of_lines_leaves_the_figures_alone(tmp_path: Path) -> None:
    plain = make_scenario(3, 90, folder=tmp_path / "plain")
    spelled = load(plain, plain, {}, RUN_STARTED_AT)
    for path in plain.glob("raw_*.csv"):
        head, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text(head + "".join(reversed(lines)), encoding="utf-8")
    assert kpi_values(load(plain, plain, {}, RUN_STARTED_AT)) == kpi_values(spelled)


def test_every_row_read_is_accounted_for(tmp_path: Path) -> None:
    folder = make_scenario(4, 90, folder=tmp_path, bad_rows=True, unreadable_lines=True, in_folders=True)
    raw = load(folder, folder, {"as_of": "2024-12-20T10:00:00Z"}, RUN_STARTED_AT)
    for counts in raw.reconciliation.values():
        assert counts["rows_read"] == sum(count for name, count in counts.items() if name != "rows_read")
    assert sum(counts["rows_not_yet"] for counts in raw.reconciliation.values()) > 0
    assert len(raw.rejected) == sum(counts["rows_rejected"] for counts in raw.reconciliation.values())
    rules = {rule.partition(":")[0] for _, _, rule in raw.rejected}
    assert rules >= {
        "missing",
        "not_in_list",
        "not_ts",
        "not_num",
        "not_int",
        "not_bool",
        "not_date",
        "negative",
        "not_positive",
        "bad_scale",
        "outside_scale",
        "ends_before_it_starts",
        "in_the_future",
        "no_exchange_rate",
        "conflicting_key",
        "unreadable_line",
    }


def test_a_scenario_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    one = make_scenario(5, 80, folder=tmp_path / "one", bad_rows=True)
    two = make_scenario(5, 80, folder=tmp_path / "two", bad_rows=True)
    names = sorted(path.name for path in one.iterdir())
    assert names == sorted(path.name for path in two.iterdir())
    for name in names:
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_differences_tells_a_changed_missing_or_needless_row(rows: dict) -> None:
    assert differences(rows, rows) == []
    key = next(
        key
        for key, row in rows.items()
        if key[0] == "csat_avg" and row.value is not None and key[4] != "overall"
    )
    changed = dict(rows)
    changed[key] = Row(**{**vars(rows[key]), "value": rows[key].value + 0.01})
    assert len(differences(rows, changed)) == 1
    del changed[key]
    assert len(differences(rows, changed)) == 1
    extra = (*key[:5], "nobody")
    assert len(differences(rows, {**rows, extra: rows[key]})) == 1
    nothing = next(key for key, row in rows.items() if key[4] != "overall" and row.value is None)
    assert differences(rows, {other: row for other, row in rows.items() if other != nothing}) == []
    assert "tickets_handled_per_day" in PER_DAY
