"""The made-up company: right in form, consistent, the same to the byte, and with something to find."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pytest
import yaml

from service_kpis import generate as package
from service_kpis.errors import UserError
from service_kpis.generate import DEMO, GenerateOptions, calendars, generate, sinks
from service_kpis.generate.columns import NULL, Decimals, Flags, Ids, Instants, Texts, Words
from service_kpis.generate.draws import Draws

REPOSITORY = Path(__file__).resolve().parents[2]
SEEDS = REPOSITORY / "seeds"
LAYOUT = REPOSITORY / "models" / "raw" / "_raw__sources.yml"

Query = Callable[[str], list[tuple]]


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _query(folder: Path, pattern: str = "raw_*.csv") -> Query:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    for path in sorted(folder.glob(pattern)):
        name = path.name.split(".")[0]
        reader = f"read_csv('{path}', all_varchar = true)" if path.suffix == ".csv" else f"'{path}'"
        connection.execute(f"create table {name} as select * from {reader}")
    return lambda sql: connection.sql(sql).fetchall()


@pytest.fixture(scope="module")
def big(tmp_path_factory) -> Query:
    """Ten times the demo, where shares are steady."""
    out = tmp_path_factory.mktemp("big")
    generate(20_000, 5, out)
    return _query(out)


@pytest.fixture(scope="module")
def demo() -> Query:
    return _query(SEEDS / "raw")


# The same bytes


def test_the_demo_seeds_are_what_the_generator_writes(tmp_path):
    generate(DEMO.tickets, DEMO.seed, tmp_path, ends_on=DEMO.ends_on)
    written, seeds = _files(tmp_path), _files(SEEDS / "raw")
    seeds = {name: content for name, content in seeds.items() if name.endswith(".csv")}
    assert sorted(written) == sorted(seeds)
    assert [name for name in seeds if seeds[name] != written[name]] == []


def test_the_opening_hours_of_the_company_are_those_of_the_policy():
    for name, rows in (("business_hours", calendars.business_hours()), ("holidays", calendars.holidays())):
        with (SEEDS / "policy" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            policy = list(csv.DictReader(file))
        columns = [field.name for field in fields(rows[0])]
        expected = [
            {c: "" if (value := getattr(row, c)) is None else str(value) for c in columns} for row in rows
        ]
        assert policy == expected


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_same_arguments_give_the_same_bytes_with_any_number_of_threads(
    tmp_path, monkeypatch, file_format
):
    # Several parts, so that their order is tried too.
    monkeypatch.setattr(package, "_CHUNK", 400)
    for threads in (1, 4):
        with monkeypatch.context() as patch:
            patch.setattr(package, "Sink", lambda out, form, n=threads: sinks.Sink(out, form, threads=n))
            generate(1_000, 11, tmp_path / str(threads), file_format)
    one, four = _files(tmp_path / "1"), _files(tmp_path / "4")
    assert len(one) >= 15
    assert one == four


def test_another_seed_is_another_company(tmp_path):
    generate(100, 1, tmp_path / "one")
    generate(100, 2, tmp_path / "two")
    one, two = _files(tmp_path / "one"), _files(tmp_path / "two")
    # Opening the list of agents, one may find the same first names; not the same work.
    assert [name for name in one if one[name] == two[name]] == []


def test_a_draw_depends_on_its_name_and_row_alone():
    draws = Draws(3)
    all_rows = draws.bits("a", np.arange(1_000))
    assert (draws.bits("a", np.array([999, 5])) == all_rows[[999, 5]]).all()
    assert (Draws(3).bits("a", np.arange(1_000)) == all_rows).all()
    assert (draws.bits("b", np.arange(1_000)) != all_rows).all()
    assert (Draws(4).bits("a", np.arange(1_000)) != all_rows).all()


def test_draws_follow_their_distribution():
    draws, rows = Draws(1), np.arange(200_000)
    assert abs(draws.uniform("u", rows).mean() - 0.5) < 0.005
    assert abs(draws.normal("n", rows).std() - 1) < 0.01
    assert abs(np.median(draws.seconds("s", rows, 600.0, 0.9)) - 600) < 10
    assert abs(draws.exponential("e", rows, 10.0).mean() - 10) < 0.15
    shares = np.bincount(draws.pick("p", rows, (1, 0, 3)), minlength=3) / len(rows)
    assert shares[1] == 0 and abs(shares[2] - 0.75) < 0.005


# The form


def _layout() -> dict[str, dict[str, dict]]:
    document = yaml.safe_load(LAYOUT.read_text(encoding="utf-8"))
    (source,) = [source for source in document["sources"] if source["name"] == "raw"]
    return {
        table["name"]: {column["name"]: column["config"]["meta"] for column in table["columns"]}
        for table in source["tables"]
    }


# DuckDB patterns of what a field may look like.
_FORMS = {
    "id": r"\S+",
    "text": r"(?s)\S.*",
    "ts": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "date": r"\d{4}-\d\d-\d\d",
    "int": r"-?\d+",
    "num": r"-?\d+(\.\d+)?",
    "bool": r"true|false",
}


@pytest.mark.parametrize("table", sorted(_layout()))
def test_a_table_keeps_to_the_layout_of_the_raw_layer(demo, big, table):
    layout = _layout()[table]
    for query in (demo, big):
        columns = [row[0] for row in query(f"describe {table}")]
        assert columns == [column for column in layout if column != "loaded_at"]
        keys = [column for column, meta in layout.items() if meta.get("key")]
        assert query(f"select count(*) - count(distinct ({', '.join(keys)})) from {table}") == [(0,)]
        for column in columns:
            meta = layout[column]
            form = _FORMS[meta["kind"]]
            wrong = f"{column} is not null and not regexp_full_match({column}, '{form}')"
            if meta.get("required"):
                wrong = f"{column} is null or {wrong}"
            if meta.get("values"):
                words = ", ".join(f"'{word}'" for word in meta["values"])
                wrong += f" or {column} not in ({words})"
            if "min" in meta:
                wrong += f" or cast({column} as double) < {meta['min']}"
            if "above" in meta:
                wrong += f" or cast({column} as double) <= {meta['above']}"
            if "not_before" in meta:
                wrong += f" or {column} < {meta['not_before']}"
            if "later_than" in meta:
                wrong += f" or {column} <= {meta['later_than']}"
            assert query(f"select * from {table} where {wrong} limit 3") == [], f"{table}.{column}"


def test_every_word_of_every_enumeration_occurs(big):
    for table, layout in _layout().items():
        for column, meta in layout.items():
            if meta.get("values"):
                found = {
                    row[0] for row in big(f"select distinct {column} from {table} where {column} is not null")
                }
                assert found == set(meta["values"]), f"{table}.{column}"


def test_fields_are_written_as_the_layout_wants_them(tmp_path):
    moment = int(datetime(2026, 6, 30, 15, 59, 58, tzinfo=timezone.utc).timestamp())
    columns = {
        "key": Ids(np.array([7, NULL, 1_234_567]), np.array([ord("A"), ord("A"), ord("C")])),
        "at": Instants(np.array([moment, NULL, moment])),
        "word": Words(np.array([1, -1, 0]), ("it's", "b,c")),
        "amount": Decimals(np.array([-1_250, 5, 100]), 2),
        "flag": Flags(np.array([1, 0, NULL])),
        "text": Texts(np.array(['say "no"', "", "two\nlines"], dtype=object)),
    }
    with sinks.Sink(tmp_path, "csv") as sink:
        sink.add("raw_things", columns)
        sink.add("raw_things", columns)
    rows = (
        'A00000007,2026-06-30T15:59:58Z,"b,c",-12.50,true,"say ""no"""\n'
        ",,,0.05,false,\n"
        'C01234567,2026-06-30T15:59:58Z,it\'s,1.00,,"two\nlines"\n'
    )
    assert (tmp_path / "raw_things.csv").read_text(encoding="utf-8") == (
        "key,at,word,amount,flag,text\n" + rows + rows
    )
    assert sink.rows == {"raw_things": 6}


def test_parquet_holds_what_csv_holds(tmp_path):
    counts = generate(400, 9, tmp_path / "csv")
    assert generate(400, 9, tmp_path / "parquet", "parquet") == counts
    text, typed = _query(tmp_path / "csv"), _query(tmp_path / "parquet", "raw_*.parquet")
    for table, count in counts.items():
        if not (tmp_path / "parquet" / f"{table}.parquet").exists():
            assert table == "raw_survey_responses"
            assert len(list((tmp_path / "parquet" / table).iterdir())) == 2
            continue
        assert text(f"select count(*) from {table}") == typed(f"select count(*) from {table}") == [(count,)]
        types = {row[0]: row[1] for row in typed(f"describe {table}")}
        as_text = ", ".join(
            f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"
            if kind == "TIMESTAMP WITH TIME ZONE"
            else f"cast({column} as varchar)"
            for column, kind in types.items()
        )
        assert text(f"select * from {table}") == typed(f"select {as_text} from {table}")
        for column, meta in _layout()[table].items():
            if column != "loaded_at":
                expected = {
                    "ts": ("TIMESTAMP WITH TIME ZONE",),
                    "date": ("DATE",),
                    "int": ("BIGINT",),
                    "num": ("BIGINT", "DECIMAL(18,2)", "DECIMAL(18,4)"),
                    "bool": ("BOOLEAN",),
                }.get(meta["kind"], ("VARCHAR",))
                assert types[column] in expected, f"{table}.{column}"


# Consistent in itself


@pytest.mark.parametrize(
    ("table", "column", "parent", "key", "tolerated"),
    [
        ("raw_ticket_events", "ticket_id", "raw_tickets", "ticket_id", 0),
        ("raw_tickets", "merged_into_ticket_id", "raw_tickets", "ticket_id", 0),
        ("raw_tickets", "customer_id", "raw_customers", "customer_id", 0.005),
        ("raw_tickets", "assignee_id", "raw_agents", "agent_id", 0.005),
        ("raw_subscriptions", "customer_id", "raw_customers", "customer_id", 0),
        ("raw_contacts", "ticket_id", "raw_tickets", "ticket_id", 0),
        ("raw_contacts", "customer_id", "raw_customers", "customer_id", 0.005),
        ("raw_contact_legs", "contact_id", "raw_contacts", "contact_id", 0),
        ("raw_contact_legs", "agent_id", "raw_agents", "agent_id", 0),
        ("raw_survey_responses", "ticket_id", "raw_tickets", "ticket_id", 0),
        ("raw_survey_responses", "customer_id", "raw_customers", "customer_id", 0.005),
        ("raw_survey_responses", "agent_id", "raw_agents", "agent_id", 0),
        ("raw_self_service_sessions", "customer_id", "raw_customers", "customer_id", 0.005),
        ("raw_bot_conversations", "ticket_id", "raw_tickets", "ticket_id", 0),
        ("raw_bot_questions", "conversation_id", "raw_bot_conversations", "conversation_id", 0),
        ("raw_bot_questions", "session_id", "raw_self_service_sessions", "session_id", 0),
        ("raw_bot_questions", "ticket_id", "raw_tickets", "ticket_id", 0),
        ("raw_social_mentions", "ticket_id", "raw_tickets", "ticket_id", 0),
    ],
)
def test_references_exist(demo, big, table, column, parent, key, tolerated):
    for query in (demo, big):
        ((named, unknown),) = query(
            f"select count(*), count(*) filter (par.{key} is null) from {table} as chi "
            f"left join {parent} as par on chi.{column} = par.{key} where chi.{column} is not null"
        )
        assert named > 0
        assert unknown <= named * tolerated


def test_odd_but_legal_rows_are_there(demo):
    known = "select customer_id from raw_customers"
    (odd,) = demo(
        f"select count(*) filter (customer_id not in ({known})), count(*) filter (customer_id is null), "
        "count(*) filter (ticket_id not in (select ticket_id from raw_ticket_events)), "
        "count(*) filter (topic is null), count(*) filter (calendar_id is null), "
        "count(*) filter (is_spam = 'true'), count(*) filter (is_test = 'true'), "
        "count(*) filter (is_deleted = 'true'), count(merged_into_ticket_id) from raw_tickets"
    )
    assert all(odd), odd
    assert demo(
        "select count(*) from raw_ticket_events where event_type = 'status_change' and old_value = new_value"
    ) != [(0,)]
    assert demo("select count(*) from raw_agents where ended_on is not null") != [(0,)]


# The changes of a ticket's field, in order, must hang together and end where the ticket stands.
@pytest.mark.parametrize(
    ("event_type", "column", "start"),
    [
        ("status_change", "status", "'new'"),
        ("priority_change", "priority", "null"),
        ("team_change", "team", "null"),
        ("assignment", "assignee_id", "null"),
    ],
)
def test_events_lead_to_the_state_of_the_ticket(big, event_type, column, start):
    ((changes, broken),) = big(
        "select count(*), count(*) filter (old_value is distinct from coalesce(former, old_value)) from ("
        "  select old_value, lag(new_value) over (partition by ticket_id order by event_id) as former"
        f"  from raw_ticket_events where event_type = '{event_type}')"
    )
    assert changes > 0 and broken == 0
    ((wrong,),) = big(
        "select count(*) from raw_tickets as tic left join ("
        "  select ticket_id, arg_max(new_value, event_id) as last_value from raw_ticket_events"
        f"  where event_type = '{event_type}' group by ticket_id) as las using (ticket_id)"
        f" where tic.{column} is distinct from coalesce(last_value, {start}, tic.{column})"
        # Assigned to somebody whom the list of agents does not know.
        f" and coalesce(tic.{column}, '') <> 'A99999999'"
    )
    assert wrong == 0


def test_time_runs_forwards(big):
    end = GenerateOptions(1, 0).end
    last_moment = datetime.fromtimestamp(end - 1, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert last_moment == "2026-06-30T21:59:59Z"
    assert big(
        "select count(*) from (select occurred_at, lag(occurred_at) over (partition by ticket_id order by"
        " event_id) as former from raw_ticket_events) where occurred_at < former"
    ) == [(0,)]
    assert big(
        "select count(*) from raw_ticket_events join raw_tickets using (ticket_id)"
        " where occurred_at < created_at"
    ) == [(0,)]
    assert big(
        "select count(*) from raw_tickets left join (select ticket_id, max(occurred_at) as last_at"
        " from raw_ticket_events group by 1) using (ticket_id)"
        " where updated_at <> coalesce(last_at, created_at)"
    ) == [(0,)]
    for table, layout in _layout().items():
        for column, meta in layout.items():
            if meta["kind"] == "ts" and column != "loaded_at":
                (latest,) = big(f"select max({column}) from {table}")
                assert latest[0] <= last_moment, f"{table}.{column}"
    ((first, last),) = big("select min(created_at), max(created_at) from raw_tickets")
    assert first < "2025-01-01T22:59:59Z" and last > "2026-06-29T22:00:00Z"


def test_agents_work_while_they_are_employed(big):
    ((acts, outside),) = big(
        "select count(*), count(*) filter (left(occurred_at, 10) < started_on"
        # Tickets go with the desk a little after somebody has left.
        " or cast(left(occurred_at, 10) as date) > cast(ended_on as date) + 60)"
        " from raw_ticket_events join raw_agents on actor_id = agent_id where actor_type = 'human_agent'"
    )
    assert acts > 10_000 and outside == 0
    ((kinds,),) = big(
        "select count(*) from raw_ticket_events left join raw_agents on actor_id = agent_id"
        " where (actor_type = 'bot') is distinct from coalesce(agent_kind = 'bot', false)"
    )
    assert kinds == 0


def test_volumes_have_the_proportions_that_are_promised(big):
    (counts,) = big(
        "select (select count(*) from raw_tickets), (select count(*) from raw_ticket_events),"
        " (select count(*) from raw_contacts)"
    )
    assert counts[0] == 20_000
    assert 5.5 < counts[1] / counts[0] < 7
    assert 0.45 < counts[2] / counts[0] < 0.65


# Something to find

_REPLIES = (
    "select ticket_id, channel, team, created_at, date_diff('minute', cast(created_at as timestamp),"
    " min(cast(occurred_at as timestamp))) as minutes"
    " from raw_tickets join raw_ticket_events using (ticket_id)"
    " where direction = 'inbound' and event_type = 'message' and actor_type = 'human_agent'"
    " and is_public = 'true' group by ticket_id, channel, team, created_at"
)


def test_email_is_answered_ever_later(big):
    rows = dict(
        big(
            "select case when created_at < '2026-02' then 'before' else left(created_at, 7) end as month,"
            f" avg(minutes) from ({_REPLIES}) where channel = 'email' group by 1"
        )
    )
    assert rows["2026-06"] > 1.25 * rows["before"]
    assert rows["2026-06"] > rows["2026-03"]
    ((web_before, web_after),) = big(
        "select avg(minutes) filter (created_at < '2026-02-01'),"
        " avg(minutes) filter (created_at >= '2026-05-01')"
        f" from ({_REPLIES}) where channel = 'web'"
    )
    assert abs(web_after / web_before - 1) < 0.2


def test_billing_is_fast_at_the_expense_of_satisfaction(big):
    satisfied = (
        "select team, answered_at >= '2026-04-01' as is_late, avg(cast((cast(score as double) -"
        " coalesce(cast(scale_min as double), 1)) / (coalesce(cast(scale_max as double), 5) -"
        " coalesce(cast(scale_min as double), 1)) >= 0.75 as integer)) as share"
        " from raw_survey_responses join raw_tickets using (ticket_id)"
        " where survey_type = 'csat' and score is not null group by all"
    )
    shares = {(team, is_late): share for team, is_late, share in big(satisfied)}
    assert shares["billing", True] < shares["billing", False] - 0.2
    assert abs(shares["care", True] - shares["care", False]) < 0.1
    speed = dict(
        big(
            f"select created_at >= '2026-04-03' as is_late, median(minutes) from ({_REPLIES})"
            " where team = 'billing' group by 1"
        )
    )
    assert speed[True] < 0.6 * speed[False]
    reopened = dict(
        big(
            "select created_at >= '2026-04-03', avg(cast(ticket_id in (select ticket_id"
            " from raw_ticket_events where event_type = 'status_change'"
            " and old_value in ('solved', 'closed') and new_value = 'open') as integer))"
            " from raw_tickets where team = 'billing' group by 1"
        )
    )
    assert reopened[True] > 2 * reopened[False]


def test_weeks_and_years_have_their_shape(big):
    days = dict(
        big(
            "select isodow(cast(created_at as timestamp)), count(*) from raw_tickets"
            " where created_at < '2026-06-29' group by 1"
        )
    )
    assert days[1] == max(days.values())
    assert days[7] < days[5] / 2
    ((first, last),) = big(
        "select count(*) filter (created_at < '2025-04'), count(*) filter (created_at >= '2026-01'"
        " and created_at < '2026-04') from raw_tickets"
    )
    assert last > 1.1 * first


def test_texts_are_varied_and_in_two_languages(demo):
    ((comments, distinct, languages),) = demo(
        "select count(comment), count(distinct comment),"
        " count(distinct language_code) filter (comment is not null)"
        " from raw_survey_responses"
    )
    assert comments > 200 and distinct > 0.9 * comments and languages == 2


# Business hours


@pytest.mark.parametrize("calendar_id", ["fr", "mtl"])
def test_the_clock_agrees_with_counting_minutes_one_by_one(calendar_id):
    first_day = date(2025, 10, 20)
    clock = calendars.BusinessClock(calendar_id, first_day, date(2026, 4, 10))
    zone = ZoneInfo(calendars.TIME_ZONES[calendar_id])
    hours = [row for row in calendars.business_hours() if row.calendar_id == calendar_id]
    # Both changes of the clocks and 24 December with its half day.
    for begin, days in ((date(2025, 10, 23), 12), (date(2025, 12, 22), 6), (date(2026, 3, 5), 30)):
        start = int(datetime(begin.year, begin.month, begin.day, 3, 7, tzinfo=timezone.utc).timestamp())
        end = start + days * 86_400 + 7 * 3_600 + 1_440
        closed = {row.holiday_date: row for row in calendars.holidays() if row.calendar_id == calendar_id}
        minutes = 0
        for instant in range(start, end, 60):
            local = datetime.fromtimestamp(instant, timezone.utc).astimezone(zone)
            now = local.strftime("%H:%M")
            special = closed.get(local.date())
            if special is not None:
                minutes += bool(special.opens_at) and special.opens_at <= now < special.closes_at
                continue
            minutes += any(
                row.opens_at <= now < row.closes_at for row in hours if row.iso_weekday == local.isoweekday()
            )
        assert minutes > 0
        assert int(clock.elapsed(np.array([end]))[0] - clock.elapsed(np.array([start]))[0]) == minutes * 60


def test_advancing_by_open_seconds_lets_exactly_these_elapse():
    clock = calendars.BusinessClock("mtl", date(2025, 1, 1), date(2026, 12, 31))
    draws, rows = Draws(8), np.arange(5_000)
    instants = 1_740_000_000 + draws.below("at", rows, 300 * 86_400)
    seconds = 1 + draws.below("for", rows, 50 * 3_600)
    reached = clock.advance(instants, seconds)
    assert (clock.elapsed(reached) - clock.elapsed(instants) == seconds).all()
    assert (reached > instants).all()
    assert clock.is_open(reached - 1).all()


def test_saturdays_in_montreal_begin_in_march_2025():
    clock = calendars.BusinessClock("mtl", date(2025, 1, 1), date(2025, 12, 31))
    noon = [datetime(2025, 2, 22, 16, tzinfo=timezone.utc), datetime(2025, 3, 1, 16, tzinfo=timezone.utc)]
    assert clock.is_open(np.array([int(moment.timestamp()) for moment in noon])).tolist() == [False, True]


# Arguments and accidents


def test_the_history_is_eighteen_months_that_end_on_the_day_asked_for(tmp_path):
    options = GenerateOptions(1, 1, date(2026, 6, 30))
    assert (options.starts_on, len(options.month_starts)) == (date(2025, 1, 1), 18)
    assert options.end - options.start == (timedelta(days=546) - timedelta(hours=1)).total_seconds()
    generate(50, 1, tmp_path, ends_on=date(2030, 3, 14))
    query = _query(tmp_path)
    ((first, last),) = query("select min(created_at), max(created_at) from raw_tickets")
    assert first[:10] == "2028-10-01" and last[:10] == "2030-03-14"


@pytest.mark.parametrize("tickets", [1, 2, 7])
def test_a_tiny_company_has_all_tables(tmp_path, tickets):
    counts = generate(tickets, 4, tmp_path)
    assert counts["raw_tickets"] == tickets
    assert sorted(counts) == sorted(_layout())


def test_progress_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "_CHUNK", 40)
    told = []
    generate(100, 1, tmp_path, progress=lambda done, of: told.append((done, of)))
    assert told == [(40, 100), (80, 100), (100, 100)]


@pytest.mark.parametrize(
    "wrong",
    [{"tickets": 0}, {"tickets": 100_000_000}, {"ends_on": date(1999, 1, 1)}, {"format": "xlsx"}],
)
def test_wrong_arguments_are_refused_in_one_line(tmp_path, wrong):
    with pytest.raises(UserError, match=r"^.+\.$"):
        generate(**{"tickets": 5, "seed": 1, "out": tmp_path / "out"} | wrong)
    assert not (tmp_path / "out").exists()


def test_tables_of_another_format_are_refused(tmp_path):
    generate(5, 1, tmp_path)
    before = _files(tmp_path)
    with pytest.raises(UserError, match=r"raw_agents\.csv is in the way of parquet"):
        generate(5, 1, tmp_path, "parquet")
    assert _files(tmp_path) == before
    generate(6, 1, tmp_path)
    assert _files(tmp_path) != before


def test_parquet_replaces_files_and_folders_of_an_earlier_run(tmp_path, monkeypatch):
    generate(30, 1, tmp_path / "fresh", "parquet")
    monkeypatch.setattr(package, "_CHUNK", 10)
    generate(30, 1, tmp_path / "again", "parquet")
    assert (tmp_path / "again" / "raw_tickets" / "part-002.parquet").exists()
    monkeypatch.undo()
    generate(30, 1, tmp_path / "again", "parquet")
    assert _files(tmp_path / "again") == _files(tmp_path / "fresh")


def test_an_accident_leaves_the_folder_as_it_was(tmp_path, monkeypatch):
    generate(20, 1, tmp_path)
    before = _files(tmp_path)

    def breaks(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(package, "cost_tables", breaks)
    with pytest.raises(RuntimeError, match="power cut"):
        generate(25, 2, tmp_path)
    assert _files(tmp_path) == before
