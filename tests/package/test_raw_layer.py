"""What the raw layer does with every kind of bad input: exactly the bad rows are rejected, each for its rule.

All builds read one folder, whose files each test replaces: with the variables unchanged, dbt keeps its parse.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

REPOSITORY = Path(__file__).resolve().parents[2]

Row = dict[str, Any]

CUSTOMER = {"customer_id": "c1"}
AGENT = {"agent_id": "a1", "agent_kind": "human"}
TICKET = {
    "ticket_id": "t1",
    "customer_id": "c1",
    "direction": "inbound",
    "channel": "email",
    "priority": "normal",
    "status": "open",
    "created_at": "2026-03-01T10:00:00Z",
}
EVENT = {
    "event_id": "e1",
    "ticket_id": "t1",
    "occurred_at": "2026-03-01T10:05:00Z",
    "event_type": "message",
    "actor_type": "customer",
}
CONTACT = {
    "contact_id": "k1",
    "channel": "phone",
    "direction": "inbound",
    "offered_at": "2026-03-01T10:00:00Z",
    "outcome": "answered",
}
LEG = {"leg_id": "l1", "contact_id": "k1", "started_at": "2026-03-01T10:00:00Z", "talk_seconds": "60"}
SURVEY = {
    "response_id": "r1",
    "survey_type": "csat",
    "survey_kind": "transactional",
    "sent_at": "2026-03-01T10:00:00Z",
}
ANSWER = {
    "answer_id": "q1",
    "response_id": "r1",
    "answered_at": "2026-03-01T10:00:00Z",
    "dimension": "empathy",
    "item": "i1",
}
COST = {
    "cost_id": "x1",
    "cost_month": "2026-03-01",
    "cost_category": "salaries",
    "amount": "10.5",
    "currency_code": "EUR",
}
RATE = {"currency_code": "USD", "rate_month": "2026-03-15", "rate": "0.9"}
SUBSCRIPTION = {"subscription_id": "s1", "customer_id": "c1", "started_on": "2026-01-01"}
SESSION = {
    "session_id": "w1",
    "visitor_id": "v1",
    "tool": "faq",
    "started_at": "2026-03-01T10:00:00Z",
}
CONVERSATION = {"conversation_id": "b1", "started_at": "2026-03-01T10:00:00Z", "answer_count": "2"}
QUESTION = {"question_id": "n1", "asked_at": "2026-03-01T10:00:00Z", "is_answered": "true"}
MENTION = {
    "mention_id": "m1",
    "network": "x",
    "mention_type": "mention",
    "visibility": "public",
    "posted_at": "2026-03-01T10:00:00Z",
}

Case = tuple[Row, dict[str, Any], str]

# Table: rows as (base row, what is different, verdict or rule of rejection).
CASES: dict[str, list[Case]] = {
    "raw_customers": [
        (CUSTOMER, {}, "accepted"),
        (CUSTOMER, {"customer_id": "c2", "created_at": "2026-01-01"}, "accepted"),
        (CUSTOMER, {"customer_id": "   "}, "customer_id_missing"),
        (CUSTOMER, {"customer_id": "c3", "created_at": "yesterday"}, "created_at_not_a_timestamp"),
        (CUSTOMER, {"customer_id": "c4", "loaded_at": "2026-13-01T00:00:00Z"}, "loaded_at_not_a_timestamp"),
    ],
    "raw_subscriptions": [
        (SUBSCRIPTION, {"ended_on": "2026-01-02"}, "accepted"),
        (SUBSCRIPTION, {"subscription_id": "s2", "ended_on": "2026-01-01"}, "ends_before_it_starts"),
        (SUBSCRIPTION, {"subscription_id": "s3", "started_on": "2026-02-29"}, "started_on_not_a_date"),
        (SUBSCRIPTION, {"subscription_id": "s4", "started_on": "01/02/2026"}, "started_on_not_a_date"),
        (SUBSCRIPTION, {"subscription_id": "s5", "started_on": ""}, "started_on_missing"),
        (SUBSCRIPTION, {"subscription_id": "s6", "customer_id": ""}, "customer_id_missing"),
    ],
    "raw_agents": [
        (AGENT, {"tier": "3.0", "agent_kind": " Human "}, "accepted"),
        (AGENT, {"agent_id": "a2", "agent_kind": "BOT", "tier": ""}, "accepted"),
        (AGENT, {"agent_id": "a3", "agent_kind": "robot"}, "agent_kind_not_in_list"),
        (AGENT, {"agent_id": "a4", "tier": "3.5"}, "tier_not_an_integer"),
        (AGENT, {"agent_id": "a5", "tier": "two"}, "tier_not_an_integer"),
        (
            AGENT,
            {"agent_id": "a6", "started_on": "2026-02-02", "ended_on": "2026-02-01"},
            "ends_before_it_starts",
        ),
        (AGENT, {"agent_id": "a7", "agent_kind": ""}, "agent_kind_missing"),
    ],
    "raw_tickets": [
        (TICKET, {"is_spam": "Yes", "is_deleted": "F", "is_test": "0"}, "accepted"),
        (TICKET, {"is_spam": "Yes", "is_deleted": "F", "is_test": "0"}, "duplicate"),
        (TICKET, {"ticket_id": "t2", "priority": " HIGH ", "channel": "Chat"}, "accepted"),
        (TICKET, {"ticket_id": "t3", "created_at": "2026-03-01 10:00:00+0200"}, "accepted"),
        (TICKET, {"ticket_id": "t4", "created_at": "2026-03-01T10:00:00.123456-05:30"}, "accepted"),
        (TICKET, {"ticket_id": "t5", "created_at": "2026-03-01T10:00+02"}, "accepted"),
        (TICKET, {"ticket_id": "t6", "created_at": "2026-03-01"}, "accepted"),
        (TICKET, {"ticket_id": "t7", "created_at": "2026-02-30T10:00:00Z"}, "created_at_not_a_timestamp"),
        (TICKET, {"ticket_id": "t8", "created_at": "2026-03-01T25:00:00Z"}, "created_at_not_a_timestamp"),
        (TICKET, {"ticket_id": "t9", "created_at": "2026-03-01T24:00:00Z"}, "created_at_not_a_timestamp"),
        (TICKET, {"ticket_id": "t10", "created_at": "1772359200"}, "created_at_not_a_timestamp"),
        (TICKET, {"ticket_id": "t11", "created_at": ""}, "created_at_missing"),
        (TICKET, {"ticket_id": "t12", "created_at": "2999-01-01T00:00:00Z"}, "in_the_future"),
        (TICKET, {"ticket_id": "t13", "priority": "critical"}, "priority_not_in_list"),
        (TICKET, {"ticket_id": "t14", "priority": ""}, "priority_missing"),
        (TICKET, {"ticket_id": "t15", "status": "on hold"}, "status_not_in_list"),
        (TICKET, {"ticket_id": "t16", "is_spam": "maybe"}, "is_spam_not_a_boolean"),
        (TICKET, {"ticket_id": "", "priority": "critical"}, "ticket_id_missing"),
        (TICKET, {"ticket_id": "t17", "direction": "both", "priority": "x"}, "direction_not_in_list"),
        # Versions: by updated_at; a rejected version does not take the place of a good one.
        (TICKET, {"ticket_id": "t18", "updated_at": "2026-03-02T00:00:00Z"}, "superseded"),
        (TICKET, {"ticket_id": "t18", "updated_at": "2026-03-03T00:00:00Z", "status": "solved"}, "accepted"),
        (
            TICKET,
            {"ticket_id": "t18", "updated_at": "2026-03-04T00:00:00Z", "status": "x"},
            "status_not_in_list",
        ),
        # loaded_at before updated_at.
        (
            TICKET,
            {"ticket_id": "t19", "updated_at": "2026-03-09T00:00:00Z", "loaded_at": "2026-03-10T00:00:00Z"},
            "superseded",
        ),
        (
            TICKET,
            {"ticket_id": "t19", "updated_at": "2026-03-08T00:00:00Z", "loaded_at": "2026-03-11T00:00:00Z"},
            "accepted",
        ),
        # Equal versions: the first in the file.
        (TICKET, {"ticket_id": "t20", "loaded_at": "2026-03-10T00:00:00Z"}, "accepted"),
        (TICKET, {"ticket_id": "t20", "loaded_at": "2026-03-10T00:00:00Z", "topic": "x"}, "conflicting_key"),
        (TICKET, {"ticket_id": "t20", "loaded_at": "2026-03-09T00:00:00Z", "topic": "y"}, "superseded"),
        # Blanks make rows differ as delivered, not keys.
        (TICKET, {"ticket_id": " t2"}, "conflicting_key"),
    ],
    "raw_ticket_events": [
        (EVENT, {"body": 'line one\r\nline "two", three\n'}, "accepted"),
        (EVENT, {"event_id": "e2", "ticket_id": "nobody_knows"}, "accepted"),
        (EVENT, {"event_id": "e3", "event_type": "reply"}, "event_type_not_in_list"),
        (EVENT, {"event_id": "e4", "actor_type": ""}, "actor_type_missing"),
        (EVENT, {"event_id": "e5", "sentiment_label": "angry"}, "sentiment_label_not_in_list"),
        (EVENT, {"event_id": "e6", "is_public": "2"}, "is_public_not_a_boolean"),
        (EVENT, {"event_id": "e7"}, "accepted"),
        (EVENT, {"event_id": "e7", "body": "another"}, "conflicting_key"),
    ],
    "raw_contacts": [
        (CONTACT, {"answered_at": "2026-03-01T10:00:00Z", "ended_at": "2026-03-01T10:00:00Z"}, "accepted"),
        (CONTACT, {"contact_id": "k2", "answered_at": "2026-03-01T09:59:59Z"}, "ends_before_it_starts"),
        (CONTACT, {"contact_id": "k3", "ended_at": "2026-03-01T09:59:59Z"}, "ends_before_it_starts"),
        # No rule compares the answer with the end.
        (
            CONTACT,
            {"contact_id": "k4", "answered_at": "2026-03-01T10:09:00Z", "ended_at": "2026-03-01T10:08:00Z"},
            "accepted",
        ),
        (CONTACT, {"contact_id": "k5", "outcome": "voicemail"}, "outcome_not_in_list"),
        (CONTACT, {"contact_id": "k6", "channel": ""}, "channel_missing"),
    ],
    "raw_contact_legs": [
        (LEG, {"hold_seconds": "0", "wrap_up_seconds": "1.5"}, "accepted"),
        (LEG, {"leg_id": "l2", "talk_seconds": "-1"}, "talk_seconds_negative"),
        (LEG, {"leg_id": "l3", "talk_seconds": "NaN"}, "talk_seconds_not_a_number"),
        (LEG, {"leg_id": "l4", "talk_seconds": "1,5"}, "talk_seconds_not_a_number"),
        (LEG, {"leg_id": "l5", "talk_seconds": "1 000"}, "talk_seconds_not_a_number"),
        (LEG, {"leg_id": "l6", "talk_seconds": "inf"}, "talk_seconds_not_a_number"),
        (LEG, {"leg_id": "l7", "wrap_up_seconds": "-0.5"}, "wrap_up_seconds_negative"),
        (LEG, {"leg_id": "l8", "ended_at": "2026-03-01T09:00:00Z"}, "ends_before_it_starts"),
        (LEG, {"leg_id": "l9", "talk_seconds": ""}, "talk_seconds_missing"),
    ],
    "raw_survey_responses": [
        (SURVEY, {"answered_at": "2026-03-02T00:00:00Z", "score": "5"}, "accepted"),
        (SURVEY, {"response_id": "r2", "score": "5.5"}, "score_outside_scale"),
        (SURVEY, {"response_id": "r3", "score": "0"}, "score_outside_scale"),
        (SURVEY, {"response_id": "r4", "score": "9", "scale_min": "1", "scale_max": "10"}, "accepted"),
        (SURVEY, {"response_id": "r5", "scale_min": "5"}, "scale_min_not_below_scale_max"),
        (SURVEY, {"response_id": "r6", "survey_type": "nps", "score": "0"}, "accepted"),
        (SURVEY, {"response_id": "r7", "survey_type": "nps", "scale_max": "5"}, "nps_scale_not_0_to_10"),
        (SURVEY, {"response_id": "r8", "survey_type": "ces", "score": "7"}, "accepted"),
        (SURVEY, {"response_id": "r9", "survey_type": "ces", "score": "8"}, "score_outside_scale"),
        (SURVEY, {"response_id": "r10", "answered_at": "2026-02-28T00:00:00Z"}, "ends_before_it_starts"),
        (SURVEY, {"response_id": "r11", "sent_at": "2999-01-01T00:00:00Z"}, "in_the_future"),
        (SURVEY, {"response_id": "r12", "answered_at": "2999-01-01T00:00:00Z"}, "in_the_future"),
        (SURVEY, {"response_id": "r13", "sent_at": ""}, "accepted"),
    ],
    "raw_servqual_answers": [
        (ANSWER, {"expectation": "7", "perception": "1"}, "accepted"),
        (ANSWER, {"answer_id": "q2", "expectation": "8"}, "expectation_outside_scale"),
        (ANSWER, {"answer_id": "q3", "perception": "0.5"}, "perception_outside_scale"),
        (ANSWER, {"answer_id": "q4", "item": ""}, "item_missing"),
        (ANSWER, {"answer_id": "q5", "scale_max": "1"}, "scale_min_not_below_scale_max"),
    ],
    "raw_costs": [
        (COST, {"amount": "-1e2"}, "accepted"),
        (COST, {"cost_id": "x2", "currency_code": "USD", "cost_month": "2026-03-31"}, "accepted"),
        (COST, {"cost_id": "x3", "currency_code": "USD", "cost_month": "2026-04-01"}, "no_exchange_rate"),
        (COST, {"cost_id": "x4", "currency_code": "GBP"}, "no_exchange_rate"),
        (COST, {"cost_id": "x5", "amount": ""}, "amount_missing"),
    ],
    "raw_exchange_rates": [
        (RATE, {}, "accepted"),
        (RATE, {"rate_month": "2026-03-31", "rate": "0.8"}, "conflicting_key"),
        (RATE, {"currency_code": "GBP", "rate": "0"}, "rate_not_positive"),
        (RATE, {"currency_code": "", "rate_month": ""}, "currency_code_missing"),
    ],
    "raw_self_service_sessions": [
        (SESSION, {"search_result_count": "0"}, "accepted"),
        (SESSION, {"session_id": "w2", "tool": "wiki"}, "tool_not_in_list"),
        (SESSION, {"session_id": "w3", "article_view_count": "1.5"}, "article_view_count_not_an_integer"),
        (SESSION, {"session_id": "w4", "feedback": "meh"}, "feedback_not_in_list"),
    ],
    "raw_bot_conversations": [
        (CONVERSATION, {"handed_off_at": "2026-03-01T09:00:00Z"}, "accepted"),
        (
            CONVERSATION,
            {"conversation_id": "b2", "ended_at": "2026-03-01T09:00:00Z"},
            "ends_before_it_starts",
        ),
        (CONVERSATION, {"conversation_id": "b3", "answer_count": ""}, "answer_count_missing"),
    ],
    "raw_bot_questions": [
        (QUESTION, {}, "accepted"),
        (QUESTION, {"question_id": "n2", "is_answered": "maybe"}, "is_answered_not_a_boolean"),
        (QUESTION, {"question_id": "n3", "grade": "good"}, "grade_not_in_list"),
        (QUESTION, {"question_id": "n4", "is_answered": ""}, "is_answered_missing"),
    ],
    "raw_social_mentions": [
        (MENTION, {"first_replied_at": "2026-03-01T10:00:00Z"}, "accepted"),
        (MENTION, {"mention_id": "m2", "first_replied_at": "2026-03-01T09:00:00Z"}, "ends_before_it_starts"),
        (MENTION, {"mention_id": "m3", "visibility": "friends"}, "visibility_not_in_list"),
    ],
}
MANDATORY = ("raw_customers", "raw_agents", "raw_tickets", "raw_ticket_events")
VERDICTS = ("accepted", "duplicate", "superseded", "not_yet")


def rows_of(table: str) -> list[Row]:
    """The delivered rows of a table's cases."""
    return [{**base, **change} for base, change, _ in CASES[table]]


def key_of(table: str, row: Row) -> str:
    if table == "raw_exchange_rates":
        parts = [row.get("currency_code") or "", row.get("rate_month") or ""]
        return "|".join(parts) if any(parts) else ""
    return str(row[next(iter(row))])


def csv_text(rows: list[Row], line_break: str = "\n") -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator=line_break, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


class Warehouse:
    """A warehouse that dbt builds, in part, from one folder of raw files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw = folder / "raw"
        self.database = folder / "service_kpis.duckdb"
        (folder / "profiles").mkdir()
        shutil.copy(REPOSITORY / "profiles.yml.example", folder / "profiles" / "profiles.yml")

    def clear(self) -> None:
        shutil.rmtree(self.raw, ignore_errors=True)
        self.raw.mkdir()
        for table, row in zip(MANDATORY, (CUSTOMER, AGENT, TICKET, EVENT), strict=True):
            self.write(f"{table}.csv", csv_text([row]))

    def write(self, name: str, content: str | bytes) -> None:
        path = self.raw / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def build(self, *select: str, **variables: Any) -> str:
        """Builds what is selected (default: base, quality); the messages of what failed, empty if nothing."""
        arguments = [
            "build",
            "--quiet",
            "--select",
            *(select or ("path:models/staging/base", "path:models/quality")),
        ]
        arguments += ["--project-dir", str(REPOSITORY), "--target-path", str(self.folder / "target")]
        arguments += ["--log-path", str(self.folder / "logs"), "--exclude-resource-type", "test", "unit_test"]
        arguments += [
            "--vars",
            yaml.safe_dump({"raw_path": str(self.raw), **variables}, default_flow_style=True),
        ]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SERVICE_KPIS_DUCKDB_PATH", str(self.database))
            patch.setenv("DBT_PROFILES_DIR", str(self.folder / "profiles"))
            patch.setenv("TZ", os.environ.get("TZ", "UTC"))
            try:
                result = dbtRunner().invoke(arguments)
            finally:
                # dbt keeps the file open for the life of the process, and another open would be refused.
                DuckDBConnectionManager.close_all_connections()
        if result.exception is not None:
            return str(result.exception)
        return "\n".join(
            str(outcome.message)
            for outcome in result.result
            if outcome.status not in ("success", "pass", "skipped")
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.sql(sql).fetchall()

    def rejected(self) -> list[tuple[str, str, str]]:
        return sorted(self.query("select raw_table, row_key, rule from quality.rejected_rows"))

    def counts(self, table: str) -> dict[str, int]:
        columns = ["read", "accepted", "rejected", "duplicate", "superseded", "not_yet"]
        (row,) = self.query(
            f"select {', '.join('rows_' + name for name in columns)} from quality.row_reconciliation "
            f"where raw_table = '{table}'"
        )
        return dict(zip(columns, row, strict=True))


@pytest.fixture(scope="module")
def one_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("raw_layer"))


@pytest.fixture
def warehouse(one_warehouse: Warehouse) -> Iterator[Warehouse]:
    """A warehouse with one good row in each mandatory table."""
    one_warehouse.clear()
    yield one_warehouse


def assert_as_expected(warehouse: Warehouse, left_out: frozenset[tuple[str, str]] = frozenset()) -> None:
    """Every case came out as written, and nothing else was rejected."""
    expected = sorted(
        (table, key_of(table, row), outcome)
        for table, cases in CASES.items()
        for row, (_, _, outcome) in zip(rows_of(table), cases, strict=True)
        if outcome not in VERDICTS and (table, outcome) not in left_out
    )
    assert warehouse.rejected() == expected
    for table, cases in CASES.items():
        outcomes = [outcome for _, _, outcome in cases if (table, outcome) not in left_out]
        counts = {verdict: outcomes.count(verdict) for verdict in VERDICTS}
        assert warehouse.counts(table) == {
            "read": len(outcomes),
            **counts,
            "rejected": len(outcomes) - sum(counts.values()),
        }, table


def test_bad_rows_of_csv_files_are_rejected_each_for_its_rule_and_no_others(warehouse):
    for number, table in enumerate(CASES):
        warehouse.write(f"{table}.csv", csv_text(rows_of(table), "\r\n" if number % 2 else "\n"))

    assert warehouse.build() == ""

    assert_as_expected(warehouse)
    instants = dict(
        warehouse.query("select ticket_id, created_at from staging.base_tickets where verdict = 'accepted'")
    )
    assert instants["t3"] == dt.datetime(2026, 3, 1, 8)
    assert instants["t4"] == dt.datetime(2026, 3, 1, 15, 30, 0, 123456)
    assert instants["t5"] == dt.datetime(2026, 3, 1, 8)
    assert instants["t6"] == dt.datetime(2026, 3, 1)
    ((values,),) = warehouse.query("select raw_values from quality.rejected_rows where row_key = ' t2'")
    delivered = {name: value for name, value in json.loads(values).items() if value is not None}
    assert delivered == {**TICKET, "ticket_id": " t2"}
    ((body,),) = warehouse.query("select body from staging.base_ticket_events where event_id = 'e1'")
    assert body == 'line one\r\nline "two", three'


def write_parquet(warehouse: Warehouse, name: str, columns: dict[str, Any]) -> None:
    """A Parquet file of typed columns, in the place of the table's CSV file."""
    (warehouse.raw / f"{name.split('.')[0]}.csv").unlink(missing_ok=True)
    (warehouse.raw / name).parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), warehouse.raw / name)


def test_typed_columns_of_parquet_files_are_read_as_what_they_are(warehouse):
    morning = dt.datetime(2026, 3, 1, 10)
    paris = pa.timestamp("us", tz="Europe/Paris")
    write_parquet(
        warehouse,
        "raw_customers.parquet",
        {
            "customer_id": pa.array([7, 8, None], pa.int64()),
            "created_at": pa.array([morning] * 3, pa.timestamp("ns")),
        },
    )
    write_parquet(
        warehouse,
        "raw_agents.parquet",
        {
            "agent_id": ["a1", "a2", "a3", "a4"],
            "agent_kind": pa.array(["human", "Bot", "human", "human"]).dictionary_encode(),
            "tier": pa.array([1.0, None, 1.5, 2.0], pa.float64()),
            "started_on": pa.array([dt.date(2026, 1, 1)] * 4, pa.date32()),
            "ended_on": pa.array(
                [dt.datetime(2026, 2, 1), None, None, dt.datetime(2026, 2, 1, 9)], pa.timestamp("ms")
            ),
        },
    )
    write_parquet(
        warehouse,
        "raw_tickets.parquet",
        {
            "ticket_id": pa.array([1.0, 2.0, 3.0, 4.0, 4.0], pa.float64()),
            "customer_id": pa.array([7, None, 7, 7, 7], pa.int32()),
            "direction": ["inbound"] * 5,
            "priority": ["normal", "normal", None, "normal", "normal"],
            "status": ["open"] * 5,
            "created_at": pa.array([morning.replace(tzinfo=dt.timezone.utc)] * 5, paris),
            "is_spam": pa.array([True, None, False, False, False], pa.bool_()),
            "is_deleted": pa.array([1, 0, None, 2, 0], pa.int8()),
            "is_test": pa.array([1.0, 0.0, None, None, 0.5], pa.float32()),
        },
    )
    write_parquet(
        warehouse,
        "raw_ticket_events.parquet",
        {
            "event_id": ["e1", "e2", "e2", "e3", "e3"],
            "ticket_id": pa.array([1, 1, 1, 1, None], pa.int64()),
            "occurred_at": ["2026-03-01T10:00:00+02:00", "2026-03-01", "2026-03-01", "soon", "2026-03-01"],
            "event_type": ["message"] * 5,
            "actor_type": ["customer"] * 5,
        },
    )
    write_parquet(
        warehouse,
        "raw_contact_legs.parquet",
        {
            "leg_id": ["l1", "l2", "l3", "l4"],
            "contact_id": ["k1"] * 4,
            "started_at": pa.array([morning] * 4, pa.timestamp("s")),
            "talk_seconds": pa.array(
                [Decimal("1.50"), Decimal("-1.00"), Decimal(0), Decimal(0)], pa.decimal128(10, 2)
            ),
            "hold_seconds": pa.array([0.5, None, float("nan"), float("inf")], pa.float64()),
        },
    )
    write_parquet(
        warehouse,
        "raw_bot_conversations.parquet",
        {
            "conversation_id": ["b1", "b2", "b3"],
            "started_at": pa.array([morning, dt.datetime(2999, 1, 1), morning], pa.timestamp("us")),
            "answer_count": pa.array([Decimal("3.00"), Decimal(1), Decimal("3.50")], pa.decimal128(10, 2)),
        },
    )
    write_parquet(
        warehouse,
        "raw_bot_questions.parquet",
        {"question_id": ["n1"], "asked_at": pa.array([1772359200], pa.int64()), "is_answered": [True]},
    )

    assert warehouse.build() == ""

    assert warehouse.rejected() == [
        ("raw_agents", "a3", "tier_not_an_integer"),
        ("raw_agents", "a4", "ended_on_not_a_date"),
        ("raw_bot_conversations", "b2", "in_the_future"),
        ("raw_bot_conversations", "b3", "answer_count_not_an_integer"),
        ("raw_bot_questions", "n1", "asked_at_not_a_timestamp"),
        ("raw_contact_legs", "l2", "talk_seconds_negative"),
        ("raw_contact_legs", "l3", "hold_seconds_not_a_number"),
        ("raw_contact_legs", "l4", "hold_seconds_not_a_number"),
        ("raw_customers", "", "customer_id_missing"),
        ("raw_ticket_events", "e3", "occurred_at_not_a_timestamp"),
        ("raw_ticket_events", "e3", "ticket_id_missing"),
        ("raw_tickets", "3", "priority_missing"),
        ("raw_tickets", "4", "is_deleted_not_a_boolean"),
        ("raw_tickets", "4", "is_test_not_a_boolean"),
    ]
    assert warehouse.counts("raw_ticket_events") == {
        "read": 5,
        "accepted": 2,
        "rejected": 2,
        "duplicate": 1,
        "superseded": 0,
        "not_yet": 0,
    }
    assert warehouse.query(
        "select ticket_id, customer_id, created_at, is_spam, is_deleted from staging.base_tickets "
        "where verdict = 'accepted' order by ticket_id"
    ) == [("1", "7", morning, True, True), ("2", None, morning, False, False)]
    assert warehouse.query(
        "select tier, started_on, ended_on from staging.base_agents where agent_id = 'a1'"
    ) == [(1, dt.date(2026, 1, 1), dt.date(2026, 2, 1))]


def test_lines_that_do_not_split_into_the_columns_are_rejected_whole(warehouse):
    good, event = csv_text([TICKET]), csv_text([EVENT, {**EVENT, "event_id": "e2"}])
    few, many = "t2,c1,inbound", good.splitlines()[1].replace("t1", "t3") + ",too,many"
    warehouse.write(
        "raw_tickets.csv",
        b"\xef\xbb\xbf"
        + f"{good}{few}\n{many}\n".encode()
        + b"t4,caf\xe9,inbound,email,low,open,2026-03-01\n",
    )
    warehouse.write(
        "raw_ticket_events.csv", event + 'e3,t1,2026-03-01,"never closed,customer\ne4,t1,2026-03-01\n'
    )

    assert warehouse.build() == ""

    assert warehouse.rejected() == [
        *[("raw_ticket_events", "", "unreadable_line")],
        *[("raw_tickets", "", "unreadable_line")] * 3,
    ]
    lines = {
        json.loads(values)["unreadable_line"]
        for (values,) in warehouse.query(
            "select raw_values from quality.rejected_rows where raw_table = 'raw_tickets'"
        )
    }
    assert {few, many} < lines
    assert warehouse.query("select distinct source_file from quality.rejected_rows order by source_file") == [
        ("raw_ticket_events.csv",),
        ("raw_tickets.csv",),
    ]
    assert warehouse.counts("raw_tickets")["read"] == 4
    assert warehouse.counts("raw_ticket_events")["read"] == 3


def test_a_folder_of_files_is_one_table_whatever_the_order_of_their_columns(warehouse):
    for name in ("raw_tickets.csv", "raw_ticket_events.csv"):
        (warehouse.raw / name).unlink()
    turned = {name: TICKET[name] for name in reversed(TICKET)}
    warehouse.write(
        "raw_tickets/2026-02.csv", csv_text([{**turned, "ticket_id": "t2", "comment": "a, b"}, turned])
    )
    warehouse.write(
        "raw_tickets/2026-01.csv", csv_text([TICKET, {**TICKET, "ticket_id": "t3", "topic": "first"}])
    )
    warehouse.write("raw_tickets/2026-03.csv", csv_text([{**TICKET, "ticket_id": "t3", "topic": "second"}]))
    # One file ends its lines in two ways, as happens when another tool appends to it.
    warehouse.write(
        "raw_tickets/2026-04.csv",
        csv_text([{**TICKET, "ticket_id": "t4", "topic": 'two\n"lines"'}])
        + "".join(f"{key},c1,inbound,email,low,open,2026-03-01T10:00:00Z,late\r\n" for key in ("t5", "t6"))
        + "t7,few\n",
    )
    write_parquet(warehouse, "raw_ticket_events/1.parquet", {name: [value] for name, value in EVENT.items()})
    write_parquet(
        warehouse,
        "raw_ticket_events/2.parquet",
        {
            **{name: [EVENT[name], EVENT[name]] for name in reversed(EVENT)},
            "event_id": ["e1", "e2"],
            "body": [None, "hello"],
        },
    )

    assert warehouse.build() == ""

    assert warehouse.query(
        "select ticket_id, topic, source_file from staging.base_tickets "
        "where verdict = 'accepted' order by ticket_id"
    ) == [
        ("t1", None, "raw_tickets/2026-01.csv"),
        ("t2", None, "raw_tickets/2026-02.csv"),
        ("t3", "first", "raw_tickets/2026-01.csv"),
        ("t4", 'two\n"lines"', "raw_tickets/2026-04.csv"),
        ("t5", "late", "raw_tickets/2026-04.csv"),
        ("t6", "late", "raw_tickets/2026-04.csv"),
    ]
    assert warehouse.rejected() == [
        ("raw_tickets", "", "unreadable_line"),
        ("raw_tickets", "t3", "conflicting_key"),
    ]
    assert warehouse.counts("raw_tickets")["duplicate"] == 1
    assert warehouse.counts("raw_ticket_events") == {
        "read": 3,
        "accepted": 2,
        "rejected": 0,
        "duplicate": 1,
        "superseded": 0,
        "not_yet": 0,
    }


def test_as_of_leaves_later_rows_out_and_empties_later_instants(warehouse):
    later = "2026-03-05T00:00:00Z"
    warehouse.write(
        "raw_tickets.csv",
        csv_text(
            [
                {**TICKET, "updated_at": later},
                {**TICKET, "ticket_id": "t2", "created_at": "2026-03-03T00:00:00Z"},
                {**TICKET, "ticket_id": "t3", "created_at": "2026-03-03T00:00:01Z"},
                {**TICKET, "ticket_id": "t4", "created_at": "2999-01-01"},
            ]
        ),
    )
    warehouse.write(
        "raw_survey_responses.csv",
        csv_text(
            [
                {**SURVEY, "answered_at": later, "score": "4"},
                {**SURVEY, "response_id": "r2", "sent_at": "", "answered_at": later, "score": "4"},
                {**SURVEY, "response_id": "r3", "answered_at": "2026-03-02T00:00:00Z", "score": "2"},
                {**SURVEY, "response_id": "r4", "answered_at": "", "score": "2"},
            ]
        ),
    )

    selection = ("+stg_tickets", "+stg_survey_responses", "+stg_reporting_window")
    assert warehouse.build(*selection, as_of="2026-03-03T01:00:00+01:00") == ""

    assert warehouse.query("select as_of, first_date, last_date from staging.stg_reporting_window") == [
        (dt.datetime(2026, 3, 3), dt.date(2026, 3, 1), dt.date(2026, 3, 3))
    ]
    assert warehouse.query("select ticket_id, updated_at from staging.stg_tickets order by ticket_id") == [
        ("t1", None),
        ("t2", None),
    ]
    assert warehouse.counts("raw_tickets")["not_yet"] == 1
    assert warehouse.rejected() == [("raw_tickets", "t4", "in_the_future")]
    assert warehouse.query(
        "select response_id, answered_at, score from staging.stg_survey_responses order by response_id"
    ) == [
        ("r1", None, None),
        ("r3", dt.datetime(2026, 3, 2), 2.0),
        ("r4", None, None),
    ]
    assert warehouse.counts("raw_survey_responses")["not_yet"] == 1

    # Without the variable: the end of the last local day, 5 March in Paris.
    assert warehouse.build(*selection) == ""
    assert warehouse.query("select as_of, last_date from staging.stg_reporting_window") == [
        (dt.datetime(2026, 3, 5, 23), dt.date(2026, 3, 5))
    ]
    assert warehouse.counts("raw_tickets")["not_yet"] == 0


def test_naive_instants_are_read_in_the_zone_of_the_source(warehouse):
    warehouse.write(
        "raw_tickets.csv",
        csv_text(
            [
                {**TICKET, "created_at": "2026-07-01 00:00:00"},
                {**TICKET, "ticket_id": "t2", "created_at": "2026-07-01T00:00:00Z"},
                {**TICKET, "ticket_id": "t3", "created_at": "2026-07-01"},
            ]
        ),
    )

    assert warehouse.build("base_tickets", source_timezone="America/New_York") == ""

    assert dict(warehouse.query("select ticket_id, created_at from staging.base_tickets")) == {
        "t1": dt.datetime(2026, 7, 1, 4),
        "t2": dt.datetime(2026, 7, 1),
        "t3": dt.datetime(2026, 7, 1, 4),
    }


def test_what_is_missing_stops_the_build_before_a_table_is_written(warehouse):
    warehouse.database.unlink(missing_ok=True)
    (warehouse.raw / "raw_agents.csv").unlink()
    warehouse.write("raw_tickets.csv", "ticket_id,direction,status,created_at\n")
    warehouse.write("raw_costs.csv", "cost_id,amount\n1,2\n")
    write_parquet(warehouse, "raw_ticket_events.parquet", {"event_id": ["e1"]})
    write_parquet(warehouse, "raw_customers.parquet", CUSTOMER | {"customer_id": ["c1"]})
    warehouse.write("raw_customers.csv", csv_text([CUSTOMER]))

    message = warehouse.build("base_customers")

    (line,) = [line for line in message.splitlines() if "raw inputs" in line]
    for fault in (
        "no raw_agents.csv, raw_agents.parquet or raw_agents/",
        "raw_tickets.csv has no column priority",
        "raw_costs.csv has no column cost_month",
        "raw_ticket_events.parquet has no column occurred_at",
        "raw_customers is there more than once",
    ):
        assert fault in line
    assert warehouse.query("select count(*) from duckdb_tables()") == [(0,)]


def test_a_header_is_enough_for_a_table_without_rows(warehouse):
    warehouse.write("raw_tickets.csv", csv_text([TICKET]).splitlines()[0])
    warehouse.write("raw_costs.csv", "")

    assert warehouse.build() == ""

    assert warehouse.counts("raw_tickets")["read"] == 0
    assert warehouse.counts("raw_costs")["read"] == 0


def test_tables_of_a_schema_are_read_as_files_are_but_have_no_order(warehouse):
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("drop schema if exists helpdesk cascade; create schema helpdesk")
        for table, rows in {
            "raw_customers": [CUSTOMER],
            "raw_agents": [AGENT, {**AGENT, "agent_kind": "robot"}],
            "raw_tickets": [
                TICKET,
                TICKET,
                {**TICKET, "ticket_id": "t2", "updated_at": "2026-03-02"},
                {**TICKET, "ticket_id": "t2", "updated_at": "2026-03-03"},
                {**TICKET, "ticket_id": "t3", "topic": "a"},
                {**TICKET, "ticket_id": "t3", "topic": "b"},
            ],
            "raw_ticket_events": [EVENT],
        }.items():
            path = warehouse.folder / f"{table}.csv"
            path.write_text(csv_text(rows))
            connection.execute(f"create table helpdesk.{table} as from read_csv('{path}', header = true)")

    assert warehouse.build(raw_path=None, raw_schema="helpdesk") == ""

    assert warehouse.rejected() == [
        ("raw_agents", "a1", "agent_kind_not_in_list"),
        ("raw_tickets", "t3", "conflicting_key"),
        ("raw_tickets", "t3", "conflicting_key"),
    ]
    assert warehouse.counts("raw_tickets") == {
        "read": 6,
        "accepted": 2,
        "rejected": 2,
        "duplicate": 1,
        "superseded": 1,
        "not_yet": 0,
    }
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("drop table helpdesk.raw_agents; alter table helpdesk.raw_tickets drop status")
    message = warehouse.build(raw_path=None, raw_schema="helpdesk")
    assert "no table raw_agents in schema helpdesk" in message
    assert "helpdesk.raw_tickets has no column status" in message


def test_an_as_of_that_is_no_instant_stops_the_build(warehouse):
    assert "as_of is 'tomorrow', not an instant in ISO 8601" in warehouse.build(
        "base_customers", as_of="tomorrow"
    )


@pytest.mark.parametrize(
    ("variables", "fault"),
    [
        ({"raw_pth": "/data"}, "there is no variable raw_pth"),
        ({"csat_denominator": "all"}, "csat_denominator is 'all', not all_rated or positive_plus_negative"),
        ({"fcr_window_days": "seven"}, "fcr_window_days is 'seven', not a number"),
        ({"min_responses": -1}, "min_responses is '-1', not a number"),
        ({"mask_personal_data": "no"}, "mask_personal_data is 'no', not true or false"),
        ({"sla_pause_statuses": ["paused"]}, "not a list of some of new, open, pending"),
        ({"report_timezone": "Europe/Lutetia"}, "report_timezone is 'Europe/Lutetia', not an IANA zone"),
    ],
)
def test_a_variable_that_means_nothing_stops_the_build(warehouse, variables, fault):
    assert fault in warehouse.build("base_customers", **variables)


def test_a_folder_without_raw_files_and_a_file_that_is_not_comma_separated_are_named(warehouse, tmp_path):
    assert f"no file of a raw table in {tmp_path}" in warehouse.build(
        "base_customers", raw_path=str(tmp_path)
    )

    warehouse.write("raw_agents.csv", csv_text([AGENT]).replace(",", ";"))
    warehouse.write("raw_customers.csv", "")
    message = warehouse.build("base_customers")
    assert "raw_agents.csv is separated by semicolons" in message
    assert "raw_customers.csv is empty" in message


def test_too_many_rejected_rows_stop_the_build_when_they_can_be_looked_at(warehouse):
    rows = [{**TICKET, "ticket_id": f"t{number}", "priority": "none"} for number in range(101)]
    warehouse.write("raw_tickets.csv", csv_text([TICKET, *rows]))
    selection = ("+stg_reporting_window",)

    message = warehouse.build(*selection)

    assert "raw_tickets: 101 of 102 rows rejected, 99.0 % (priority_not_in_list 101)" in message
    assert len(warehouse.rejected()) == 101
    # A hundred is never too many, and a share that is allowed is not.
    assert warehouse.build(*selection, max_rejected_share=0.995) == ""
    warehouse.write("raw_tickets.csv", csv_text([TICKET, *rows[1:]]))
    assert warehouse.build(*selection) == ""


HOURS = "calendar_id,iso_weekday,opens_at,closes_at,timezone,valid_from,valid_to\n"
SLA = "sla_policy_id,metric,priority,channel,target_minutes,clock,valid_from,valid_to\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("business_hours", HOURS + "fr,1,09:00,9:00,Europe/Paris,,\n", "row 2: closes_at_not_a_time"),
        (
            "business_hours",
            HOURS + "fr,1,09:00,08:00,Europe/Paris,,\n",
            "row 2: closes_at_not_after_opens_at",
        ),
        ("business_hours", HOURS + "fr,8,09:00,18:00,Europe/Paris,,\n", "row 2: iso_weekday_not_1_to_7"),
        ("business_hours", HOURS + "fr,1,09:00,18:00,Europe/Lutetia,,\n", "row 2: timezone_unknown"),
        (
            "business_hours",
            HOURS + "fr,1,09:00,12:00,Europe/Paris,,2026-01-01\nfr,1,12:00,24:00,Europe/Paris,,\n"
            "fr,1,11:59,13:00,Europe/Paris,2025-12-31,\n",
            "row 4: overlaps_row_2",
        ),
        ("business_hours", HOURS + "fr,1,09:00\n", "row 2: unreadable_line"),
        (
            "business_hours",
            "calendar_id,iso_weekday,opens_at,timezone\n",
            "business_hours.csv has no column closes_at",
        ),
        (
            "holidays",
            "calendar_id,holiday_date,opens_at\nfr,2026-01-01,09:00\n",
            "row 2: opens_at_without_closes_at",
        ),
        ("holidays", "calendar_id,holiday_date\nfr,2026-01-01\nfr,2026-01-01\n", "row 3: overlaps_row_2"),
        ("sla_policies", SLA + "p1,solve,low,,60,business,,\n", "row 2: metric_not_in_list"),
        ("sla_policies", SLA + "p1,resolution,lowest,,60,business,,\n", "row 2: priority_not_in_list"),
        ("sla_policies", SLA + "p1,resolution,low,,0,business,,\n", "row 2: target_minutes_not_positive"),
        ("sla_policies", SLA + "p1,resolution,low,,60,wall,,\n", "row 2: clock_not_in_list"),
        (
            "sla_policies",
            SLA + "p1,resolution,low,,60,business,,\np1,resolution,high,,60,business,,\n",
            "row 3: sla_policy_id_twice",
        ),
        (
            "response_time_bands",
            "band_key,upper_minutes,name_en,name_fr\nb1,1h,a,b\n",
            "row 2: upper_minutes_not_a_number",
        ),
        ("kpi_targets", "kpi_key,target\nfcr_rat,70\n", "row 2: kpi_key_not_in_kpi_catalog"),
        (
            "kpi_pairs",
            "efficiency_kpi_key,quality_kpi_key,reason_en,reason_fr\nfcr_rate,fcr_rate,a,\n",
            "row 2: reason_fr_missing",
        ),
    ],
)
def test_a_policy_row_that_breaks_a_rule_stops_the_build(warehouse, name, content, message):
    warehouse.write(f"{name}.csv", content)

    said = warehouse.build(
        "kpi_catalog", name, f"stg_{name}" if name.startswith("kpi_") else "base_customers"
    )

    (line,) = [line for line in said.splitlines() if message in line]
    assert f"{name}.csv" in line
    # A column that is not there says of itself how to mend it.
    assert "Mend that row; models/raw/_policy__sources.yml" in line or "has no column" in line


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        # 29 March 2026: no 02:30 in Paris. 25 October: 02:00 twice, 03:00 once.
        ("business_hours", HOURS + "fr,7,01:00,02:30,Europe/Paris,2026-03-01,2026-04-01\n", "2026-03-29"),
        ("business_hours", HOURS + "fr,7,02:00,04:00,Europe/Paris,2026-10-01,2026-11-01\n", "2026-10-25"),
        (
            "business_hours",
            HOURS + "fr,7,01:59,03:00,Europe/Paris,,\n"
            "night,7,02:00,04:00,Europe/Paris,2026-04-01,2026-10-01\n",
            "",
        ),
        (
            "holidays",
            "calendar_id,holiday_date,opens_at,closes_at\n"
            "fr,2026-03-30,02:30,08:00\nfr,2026-03-29,02:30,08:00\n",
            "2026-03-29",
        ),
    ],
)
def test_no_opening_begins_or_ends_when_the_clock_changes(warehouse, name, content, rule):
    warehouse.write(
        "raw_tickets.csv",
        csv_text([TICKET, {**TICKET, "ticket_id": "t2", "created_at": "2026-11-01T10:00:00Z"}]),
    )
    warehouse.write(f"{name}.csv", content)

    said = warehouse.build("+stg_holidays", "stg_business_hours")

    assert (f": begins_or_ends_at_a_clock_change_on_{rule}" in said) if rule else said == ""


def test_policy_files_of_the_raw_folder_take_the_place_of_the_seeds(warehouse):
    warehouse.write(
        "business_hours.csv", HOURS.replace(",valid_from,valid_to", "") + "desk, 7 ,00:00,24:00,Asia/Tokyo\n"
    )

    warehouse.write("sla_policies.csv", SLA + "p1, Resolution ,low,Chat,1e2,calendar,2026-01-01,\n")
    warehouse.write(
        "response_time_bands.csv", "band_key,upper_minutes,name_en,name_fr\nb1,60,1 hour,1 heure\n"
    )

    assert warehouse.build("+stg_holidays", "+stg_sla_policies", "+stg_response_time_bands") == ""

    assert warehouse.query("select * from staging.stg_business_hours") == [
        ("desk", 7, 0, 1440, "Asia/Tokyo", None, None)
    ]
    assert warehouse.query("select * from staging.stg_sla_policies") == [
        ("p1", "resolution", "low", "chat", 100.0, "calendar", dt.datetime(2026, 1, 1), None)
    ]
    assert warehouse.query("select * from staging.stg_response_time_bands") == [
        ("b1", 60.0, "1 hour", "1 heure")
    ]
    assert warehouse.query("select count(*) > 0 from staging.stg_holidays") == [(True,)]
