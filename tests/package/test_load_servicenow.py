"""The ServiceNow connector: a small log with every trap, by hand, and the published log as a whole."""

import random
from collections import Counter, defaultdict
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest

from service_kpis.connectors.servicenow import load_servicenow, servicenow_figures
from service_kpis.errors import UserError

from .real_data import INCIDENT_LOG, needs

# The columns of a log that are the same on all rows of an incident, and those that are not.
INCIDENTS = """\
number,opened_at,resolved_at,closed_at,resolved_by,contact_type,category,subcategory
INC1,1/3/2016 09:00,1/3/2016 12:00,6/3/2016 12:00,Resolved by 5,Phone,Category 1,Subcategory 2
INC2,3/4/2016 08:00,?,9/4/2016 12:00,Resolved by 5,Self service,Category 1,?
INC3,2/3/2016 09:48,2/3/2016 11:03,7/3/2016 12:00,Resolved by 5,Email,?,?
INC4,5/3/2016 09:00,?,5/3/2016 10:00,?,IVR,Category 2,Subcategory 1
"""

# INC1: two updates share a minute and stand in the wrong order; resolved again while resolved; priority
#       raised.
# INC2: born resolved (recorded by the system account, so resolved_by tells who), reopened once as resolved
#       and once as closed; 3/4 is the third of April.
# INC3: a stale first row with a later time and a count that repeats; state -100 between Active and Resolved.
# INC4: closed without having been resolved; its first update is before its opening; group and agent are taken
#       away.
UPDATES = """\
number,incident_state,sys_mod_count,sys_updated_by,sys_updated_at,\
priority,assignment_group,assigned_to,caller_id,made_sla,reopen_count
INC1,New,0,Updated by 908,1/3/2016 09:00,3 - Moderate,Group A,?,Caller 1,true,0
INC1,Resolved,2,Updated by 7,1/3/2016 10:30,2 - High,Group B,Resolver 7,Caller 1,true,0
INC1,Active,1,Updated by 7,1/3/2016 10:30,3 - Moderate,Group B,Resolver 7,Caller 1,true,0
INC1,Resolved,3,Updated by 7,1/3/2016 12:00,2 - High,Group B,Resolver 7,Caller 1,true,0
INC1,Closed,4,Updated by 908,6/3/2016 12:00,2 - High,Group B,Resolver 7,Caller 1,false,0
INC2,Resolved,0,Updated by 908,3/4/2016 08:00,4 - Low,Group A,Resolver 5,Caller 2,true,0
INC2,Active,1,Updated by 8,3/4/2016 09:00,4 - Low,Group A,Resolver 5,Caller 2,true,1
INC2,Closed,2,Updated by 8,3/4/2016 10:00,4 - Low,Group A,Resolver 5,Caller 2,true,1
INC2,Awaiting User Info,3,Updated by 8,4/4/2016 10:00,4 - Low,Group A,Resolver 5,Caller 2,true,2
INC2,Resolved,4,Updated by 9,5/4/2016 10:00,4 - Low,Group A,Resolver 5,Caller 2,true,2
INC2,Closed,5,Updated by 908,9/4/2016 12:00,4 - Low,Group A,Resolver 5,Caller 2,true,2
INC3,Active,2,Updated by 7,2/3/2016 11:10,1 - Critical,Group C,?,?,true,0
INC3,Active,1,Updated by 9,2/3/2016 09:52,1 - Critical,Group C,?,?,true,0
INC3,-100,2,Updated by 9,2/3/2016 10:00,1 - Critical,Group C,?,?,true,0
INC3,Resolved,3,Updated by 9,2/3/2016 11:03,1 - Critical,Group C,?,?,false,0
INC3,Closed,4,Updated by 908,7/3/2016 12:00,1 - Critical,Group C,?,?,false,0
INC4,Awaiting Vendor,0,Updated by 9,5/3/2016 07:00,3 - Moderate,Group A,Resolver 5,Caller 2,true,0
INC4,Closed,1,Updated by 9,5/3/2016 10:00,3 - Moderate,?,?,Caller 3,true,0
"""


def _log(updates: str = UPDATES, incidents: str = INCIDENTS) -> str:
    """The log as CSV: each update with the columns of its incident."""
    names, *lines = [line.split(",", 1)[1] for line in incidents.splitlines()]
    numbers = [line.split(",", 1)[0] for line in incidents.splitlines()[1:]]
    of_incident = dict(zip(numbers, lines, strict=True))
    header, *rows = updates.splitlines()
    return "\n".join([f"{header},{names}", *(f"{row},{of_incident[row.split(',', 1)[0]]}" for row in rows)])


LOG = _log()


def _write(path: Path, log: str = LOG) -> Path:
    path.write_text(log, encoding="utf-8")
    return path


def _rows(folder: Path, table: str, columns: str) -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(f"select {columns} from '{folder / table}.parquet'").fetchall()


def _utc(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    report = load_servicenow(_write(folder / "log.csv"), folder / "raw")
    assert (report.rows_read, dict(report.tables), report.notes) == (
        18,
        {"raw_tickets": 4, "raw_ticket_events": 25, "raw_agents": 6, "raw_customers": 3},
        (),
    )
    return folder / "raw"


def test_a_ticket_has_what_the_last_row_says_and_the_opening_as_its_creation(small: Path) -> None:
    columns = (
        "ticket_id, created_at, channel, source, topic, priority, status, team, assignee_id, customer_id"
    )
    assert _rows(small, "raw_tickets", columns) == [
        (
            "INC1",
            _utc("1/3/2016 09:00"),
            "phone",
            "Phone",
            "Category 1 / Subcategory 2",
            "high",
            "closed",
            "Group B",
            "Resolver 7",
            "Caller 1",
        ),
        (
            "INC2",
            _utc("3/4/2016 08:00"),
            "web",
            "Self service",
            "Category 1",
            "low",
            "closed",
            "Group A",
            "Resolver 5",
            "Caller 2",
        ),
        ("INC3", _utc("2/3/2016 09:48"), "email", "Email", None, "urgent", "closed", "Group C", None, None),
        (
            "INC4",
            _utc("5/3/2016 09:00"),
            "phone",
            "IVR",
            "Category 2 / Subcategory 1",
            "normal",
            "closed",
            None,
            None,
            "Caller 3",
        ),
    ]
    assert set(_rows(small, "raw_tickets", "direction, ticket_type")) == {("inbound", "incident")}


def _events(folder: Path, ticket: str, *kinds: str) -> list[tuple]:
    columns = "ticket_id, event_type, occurred_at, old_value, new_value, actor_type, actor_id, event_id"
    found = [
        row for row in _rows(folder, "raw_ticket_events", columns) if row[0] == ticket and row[1] in kinds
    ]
    return [row[2:7] for row in sorted(found, key=lambda row: (row[2], len(row[7]), row[7]))]


def test_updates_of_one_minute_follow_the_modification_count(small: Path) -> None:
    assert _events(small, "INC1", "status_change") == [
        (_utc("1/3/2016 10:30"), "new", "open", "human_agent", "Updated by 7"),
        (_utc("1/3/2016 10:30"), "open", "solved", "human_agent", "Updated by 7"),
        (_utc("6/3/2016 12:00"), "solved", "closed", "system", None),
    ]


def test_a_change_of_priority_keeps_the_one_at_creation_as_its_old_value(small: Path) -> None:
    assert _events(small, "INC1", "priority_change") == [
        (_utc("1/3/2016 10:30"), "normal", "high", "human_agent", "Updated by 7")
    ]
    assert _events(small, "INC2", "priority_change") == []


def test_groups_and_agents_come_and_go_as_events(small: Path) -> None:
    assert _events(small, "INC1", "team_change", "assignment") == [
        (_utc("1/3/2016 09:00"), None, "Group A", "system", None),
        (_utc("1/3/2016 10:30"), "Group A", "Group B", "human_agent", "Updated by 7"),
        (_utc("1/3/2016 10:30"), None, "Resolver 7", "human_agent", "Updated by 7"),
    ]
    assert _events(small, "INC4", "team_change", "assignment") == [
        (_utc("5/3/2016 07:00"), None, "Group A", "human_agent", "Updated by 9"),
        (_utc("5/3/2016 07:00"), None, "Resolver 5", "human_agent", "Updated by 9"),
        (_utc("5/3/2016 10:00"), "Group A", None, "human_agent", "Updated by 9"),
        (_utc("5/3/2016 10:00"), "Resolver 5", None, "human_agent", "Updated by 9"),
    ]


def test_an_incident_born_resolved_is_solved_at_its_opening_by_the_one_who_resolved_it(small: Path) -> None:
    assert _events(small, "INC2", "status_change")[0] == (
        _utc("3/4/2016 08:00"),
        "new",
        "solved",
        "human_agent",
        "Resolved by 5",
    )


def test_reopenings_out_of_resolved_and_out_of_closed_are_events(small: Path) -> None:
    assert [event[1:3] for event in _events(small, "INC2", "status_change")] == [
        ("new", "solved"),
        ("solved", "open"),
        ("open", "closed"),
        ("closed", "pending"),
        ("pending", "solved"),
        ("solved", "closed"),
    ]


def test_a_stale_first_row_neither_reopens_nor_comes_late_and_a_lost_state_is_no_change(small: Path) -> None:
    assert _events(small, "INC3", "status_change") == [
        (_utc("2/3/2016 09:52"), "new", "open", "human_agent", "Updated by 7"),
        (_utc("2/3/2016 11:03"), "open", "solved", "human_agent", "Updated by 9"),
        (_utc("7/3/2016 12:00"), "solved", "closed", "system", None),
    ]


def test_an_incident_closed_without_having_been_resolved_is_solved_by_its_closing(small: Path) -> None:
    assert _events(small, "INC4", "status_change") == [
        (_utc("5/3/2016 07:00"), "new", "on_hold", "human_agent", "Updated by 9"),
        (_utc("5/3/2016 10:00"), "on_hold", "closed", "human_agent", "Updated by 9"),
    ]


def test_no_event_is_a_message_because_the_log_has_no_texts(small: Path) -> None:
    assert {kind for (kind,) in _rows(small, "raw_ticket_events", "event_type")} == {
        "status_change",
        "priority_change",
        "team_change",
        "assignment",
    }


def test_an_agent_belongs_to_the_group_of_most_of_its_incidents(small: Path) -> None:
    assert dict(_rows(small, "raw_agents", "agent_id, team")) == {
        "Resolved by 5": "Group A",
        "Resolver 5": "Group A",
        "Resolver 7": "Group B",
        "Updated by 7": "Group B",  # one incident in B, one in C: the alphabet decides
        "Updated by 8": "Group A",
        "Updated by 9": "Group A",  # INC2 and INC4 in A, INC3 in C
    }
    assert {kind for (kind,) in _rows(small, "raw_agents", "agent_kind")} == {"human"}


def test_every_caller_is_a_customer_and_an_unknown_one_is_none(small: Path) -> None:
    assert _rows(small, "raw_customers", "customer_id") == [("Caller 1",), ("Caller 2",), ("Caller 3",)]


def test_instants_are_typed_and_local_times_become_utc(tmp_path: Path) -> None:
    load_servicenow(_write(tmp_path / "log.csv"), tmp_path / "raw", timezone="America/Sao_Paulo")
    created = dict(_rows(tmp_path / "raw", "raw_tickets", "ticket_id, created_at"))
    assert created["INC1"] == _utc("1/3/2016 12:00")  # UTC-3
    kinds = _rows(tmp_path / "raw", "raw_tickets", "distinct typeof(created_at), typeof(is_spam)")
    assert kinds == [("TIMESTAMP WITH TIME ZONE", "BOOLEAN")]


def test_the_same_log_gives_the_same_bytes_and_the_order_of_its_rows_does_not_matter(tmp_path: Path) -> None:
    # INC3 is left out: a modification count that repeats leaves only the order of the file.
    header, *rows = [row for row in LOG.splitlines() if not row.startswith("INC3")]
    shuffled = rows.copy()
    random.Random(1).shuffle(shuffled)
    assert shuffled != rows
    for name, lines in (("one", rows), ("again", rows), ("shuffled", shuffled)):
        load_servicenow(_write(tmp_path / f"{name}.csv", "\n".join([header, *lines])), tmp_path / name)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()
        assert file.read_bytes() == (tmp_path / "shuffled" / file.name).read_bytes()


def test_the_figures_of_the_small_log_are_those_of_a_pencil(tmp_path: Path) -> None:
    figures = servicenow_figures(_write(tmp_path / "log.csv"))
    assert (figures["updates"], figures["incidents"]) == (18, 4)
    assert (figures["made_sla"], figures["made_sla_pct"]) == (2, 50.0)  # INC1 and INC3 turned false
    assert (figures["reopened_incidents"], figures["reopened_incidents_pct"], figures["reopenings"]) == (
        1,
        25.0,
        2,
    )
    assert figures["without_resolved_at"] == 2
    # INC1 3 h, INC3 75 min
    assert figures["days_to_resolved_mean"] == pytest.approx((180 + 75) / 2 / 1440)
    # INC1 5 d 3 h, INC2 6 d 4 h, INC3 5 d 2 h 12 min, INC4 1 h
    assert figures["days_to_closed_median"] == pytest.approx((5 * 24 + 3 + 5 * 24 + 2.2) / 2 / 24)
    assert figures["contact_types"] == {"Email": 1, "IVR": 1, "Phone": 1, "Self service": 1}
    assert figures["made_sla_by_priority"]["2 - High"] == {"incidents": 1, "made_sla_pct": 0.0}


def test_a_word_without_a_translation_is_kept_and_reported(tmp_path: Path) -> None:
    log = LOG.replace("IVR", "Carrier pigeon").replace("3 - Moderate", "3 - Normal")
    report = load_servicenow(_write(tmp_path / "log.csv", log), tmp_path / "raw")
    assert report.tables["raw_tickets"] == 4
    assert [note.split(" is not known")[0] for note in report.notes] == [
        "contact_type 'Carrier pigeon' on 2 row(s)",
        "priority '3 - Normal' on 4 row(s)",
    ]
    assert dict(_rows(tmp_path / "raw", "raw_tickets", "ticket_id, priority"))["INC4"] == "3 - normal"


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (
            _log(incidents=INCIDENTS.replace("1/3/2016 12:00", "2016-03-01 12:00")),
            "resolved_at must be d/m/yyyy hh:mm, which '2016-03-01 12:00' of INC1 is not (5 row(s) in all)",
        ),
        (LOG.replace("INC4", "?"), "2 row(s) have no incident number"),
        (
            LOG.replace("sys_mod_count", "mods").replace("caller_id", "caller"),
            "has no column sys_mod_count, caller_id",
        ),
    ],
)
def test_what_is_no_such_log_is_refused_with_its_reason(tmp_path: Path, log: str, message: str) -> None:
    with pytest.raises(UserError) as raised:
        load_servicenow(_write(tmp_path / "log.csv", log), tmp_path / "raw")
    assert message in str(raised.value)
    assert not (tmp_path / "raw").exists()


def test_a_wrong_zone_a_missing_file_and_a_second_copy_of_a_table_are_refused(tmp_path: Path) -> None:
    source = _write(tmp_path / "log.csv")
    with pytest.raises(UserError, match="Paris/Europe is no IANA time zone"):
        load_servicenow(source, tmp_path / "raw", timezone="Paris/Europe")
    with pytest.raises(UserError, match=r"none\.csv does not exist"):
        load_servicenow(tmp_path / "none.csv", tmp_path / "raw")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "raw_agents.csv").touch()
    with pytest.raises(UserError, match=r"raw_agents\.csv is there already"):
        load_servicenow(source, tmp_path / "raw")


# The published log


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    report = load_servicenow(INCIDENT_LOG, folder)
    assert report.rows_read == 141_712
    assert report.notes == ()
    return folder


@needs(INCIDENT_LOG)
def test_every_incident_of_the_published_log_is_a_ticket(real: Path) -> None:
    with duckdb.connect() as connection:
        incidents = connection.execute(
            f"select distinct number from '{INCIDENT_LOG}' order by number"
        ).fetchall()
    tickets = _rows(real, "raw_tickets", "ticket_id")
    assert len(tickets) == 24_918
    assert tickets == incidents


@needs(INCIDENT_LOG)
def test_the_figures_published_and_measured_on_the_log_come_out() -> None:
    figures = servicenow_figures(INCIDENT_LOG)
    assert figures["made_sla"] == 15_803
    assert round(figures["made_sla_pct"], 2) == 63.42
    assert (figures["reopened_incidents"], round(figures["reopened_incidents_pct"], 2)) == (275, 1.10)
    assert figures["without_resolved_at"] == 1_556
    assert round(figures["days_to_closed_mean"], 2) == 13.14
    assert round(figures["days_to_closed_median"], 2) == 6.08
    assert round(figures["days_to_resolved_mean"], 2) == 7.42
    assert round(figures["days_to_resolved_median"], 3) == 0.921
    assert figures["contact_types"] == {
        "Phone": 24_688,
        "Self service": 158,
        "Email": 59,
        "IVR": 9,
        "Direct opening": 4,
    }
    by_priority = {
        name: (made["incidents"], round(made["made_sla_pct"], 2))
        for name, made in figures["made_sla_by_priority"].items()
    }
    assert by_priority == {
        "1 - Critical": (270, 1.85),
        "2 - High": (408, 0.49),
        "3 - Moderate": (23_466, 64.54),
        "4 - Low": (774, 84.11),
    }


@needs(INCIDENT_LOG)
def test_derived_solves_and_reopenings_are_those_of_the_log_or_differ_for_a_reason(real: Path) -> None:
    solved = {"solved", "closed"}
    created = dict(_rows(real, "raw_tickets", "ticket_id, created_at"))
    changes = defaultdict(list)
    columns = "ticket_id, event_type, occurred_at, length(event_id), event_id, old_value, new_value"
    for ticket, kind, *event in _rows(real, "raw_ticket_events", columns):
        if kind == "status_change":
            changes[ticket].append(event)
    last_solve, reopenings = {}, Counter()
    for ticket, events in changes.items():
        held = "new"
        for at, _, _, old, new in sorted(events):
            assert old == held
            if new in solved and old not in solved:
                last_solve[ticket] = max(at, created[ticket])
            elif old in solved and new not in solved:
                reopenings[ticket] += 1
            held = new
        assert held == "closed"

    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select number, resolved_at, incident_state, cast(reopen_count as integer) from '{INCIDENT_LOG}'"
        ).fetchall()  # in file order
    resolved, counted, states = {}, {}, defaultdict(list)
    for number, resolved_at, state, reopen_count in rows:
        resolved[number] = None if resolved_at == "?" else _utc(resolved_at)
        counted[number] = max(reopen_count, counted.get(number, 0))
        states[number].append(state)

    # The reopenings agree incident by incident.
    assert {ticket: reopenings[ticket] for ticket in created} == counted
    assert (reopenings.total(), len(reopenings)) == (331, 275)

    # So do the solves, but for those that the log dates otherwise or not at all.
    reasons: Counter[str] = Counter()
    for ticket, solved_at in last_solve.items():
        if resolved[ticket] == solved_at:
            reasons["resolved_at"] += 1
        elif resolved[ticket]:
            assert solved_at < resolved[ticket]
            assert ("Resolved", "Resolved") in zip(states[ticket], states[ticket][1:], strict=False)
            reasons["resolved_at moved by a later update while resolved"] += 1
        elif "Resolved" not in states[ticket]:
            reasons["closed without having been resolved"] += 1
        elif solved_at == created[ticket]:
            reasons["born resolved, without resolved_at"] += 1
        else:
            reasons["born resolved, reopened, without resolved_at"] += 1
    assert reasons == {
        "resolved_at": 23_067,
        "resolved_at moved by a later update while resolved": 295,
        "closed without having been resolved": 13,
        "born resolved, without resolved_at": 1_542,
        "born resolved, reopened, without resolved_at": 1,
    }
    assert reasons.total() == 24_918

    minutes = sorted((at - created[ticket]).total_seconds() / 60 for ticket, at in last_solve.items())
    assert sum(minutes) / len(minutes) == pytest.approx(9_919.553174, abs=1e-6)
    assert (minutes[len(minutes) // 2 - 1] + minutes[len(minutes) // 2]) / 2 == 907.0


@needs(INCIDENT_LOG)
def test_the_raw_tables_of_the_published_log_are_whole(real: Path) -> None:
    events = Counter(_rows(real, "raw_ticket_events", "event_type, actor_type"))
    assert events == {
        ("assignment", "human_agent"): 27_074,
        ("assignment", "system"): 4_710,
        ("priority_change", "human_agent"): 436,
        ("status_change", "human_agent"): 44_304,
        ("status_change", "system"): 28_229,
        ("team_change", "human_agent"): 36_145,
        ("team_change", "system"): 11_188,
    }
    ids = [event_id for (event_id,) in _rows(real, "raw_ticket_events", "event_id")]
    assert len(ids) == len(set(ids))
    agents = {agent for (agent,) in _rows(real, "raw_agents", "agent_id")}
    assert {actor for (actor,) in _rows(real, "raw_ticket_events", "actor_id")} - {None} <= agents
    assert {assignee for (assignee,) in _rows(real, "raw_tickets", "assignee_id")} - {None} <= agents
    assert "Updated by 908" not in agents
    customers = {customer for (customer,) in _rows(real, "raw_customers", "customer_id")}
    assert {customer for (customer,) in _rows(real, "raw_tickets", "customer_id")} - {None} <= customers
