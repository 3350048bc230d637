"""What data tests look at: all rows, or those that came into being since a build whose tests passed."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from .changes import stamp_of
from .warehouse import Warehouse

COMPANY = 7
TICKET = "select {}(ticket_id) from marts.fct_tickets where is_in_scope and first_reply_at is not null"
OF_LAST_BUILD = "started_at = (select max(started_at) from quality.builds)"
BUILD = ("build", "--exclude-resource-type", "unit_test")

# Faults in rows that the load of a later event does not touch: where, and the test that tells.
FAULTS = {
    "sound_fct_tickets": (
        "update marts.fct_tickets set first_response_calendar_minutes = -1 where ticket_id = '{}'"
    ),
    "sound_stg_contacts": (
        "update staging.base_contacts set contact_id = (select max(contact_id) from staging.stg_contacts) "
        "where contact_id = (select min(contact_id) from staging.stg_contacts)"
    ),
    "sound_kpi_values": (
        "update kpis.measures_tickets_created set value = value + 1 "
        "where kpi_key = 'ticket_volume' and period_grain = 'day' and dimension = 'overall' "
        "and period_start_date = "
        "(select min(period_start_date) from kpis.measures_tickets_created where period_grain = 'day')"
    ),
}


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A company, built with all data tests."""
    warehouse = Warehouse(tmp_path_factory.mktemp("data_tests"))
    warehouse.start(warehouse.company(COMPANY))
    assert warehouse.failures(*BUILD, "--full-refresh") == []
    shutil.copy(warehouse.database, warehouse.folder / "tested.duckdb")
    return warehouse


@pytest.fixture
def warehouse(tested: Warehouse) -> Warehouse:
    """The same, as it was then but for the files that came since."""
    shutil.copy(tested.folder / "tested.duckdb", tested.database)
    return tested


def execute(warehouse: Warehouse, statement: str) -> list[tuple]:
    with duckdb.connect(str(warehouse.database)) as connection:
        return connection.execute(statement).fetchall()


def is_tested(warehouse: Warehouse) -> bool:
    """Whether the last build noted that all its tests passed."""
    return bool(
        execute(warehouse, f"select 1 from quality.builds where event = 'tested' and {OF_LAST_BUILD}")
    )


def load_an_event(warehouse: Warehouse) -> str:
    """Deliver a new version of an event of the last ticket that has a reply. Gives the ticket."""
    ((ticket,),) = execute(warehouse, TICKET.format("max"))
    company = warehouse.company(COMPANY)
    line = next(line for line in company.sound("raw_ticket_events") if line["ticket_id"].strip() == ticket)
    rank = len(list((warehouse.raw / "raw_ticket_events").iterdir()))
    warehouse.write("raw_ticket_events", f"later-{rank}", [{**line, "loaded_at": stamp_of(rank)}], "csv")
    return ticket


@pytest.mark.parametrize("test", FAULTS)
def test_rows_that_were_tested_are_tested_again_only_after_a_failure(warehouse: Warehouse, test: str) -> None:
    ((untouched,),) = execute(warehouse, TICKET.format("min"))
    assert load_an_event(warehouse) != untouched
    execute(warehouse, FAULTS[test].format(untouched))
    assert warehouse.failures(*BUILD) == []
    assert warehouse.reasons_to_build_all() == []

    # Without tests of the last build nothing is known of what it left; nor is it after they failed.
    assert is_tested(warehouse)
    execute(warehouse, f"delete from quality.builds where event = 'tested' and {OF_LAST_BUILD}")
    load_an_event(warehouse)
    assert [test in line for line in warehouse.failures(*BUILD)] == [True]
    assert warehouse.reasons_to_build_all() == []
    assert not is_tested(warehouse)


def test_rows_that_came_into_being_are_tested(warehouse: Warehouse) -> None:
    ticket = load_an_event(warehouse)
    assert warehouse.failures(*BUILD) == []
    for test, table, column in (
        ("sound_fct_tickets", "marts.fct_tickets", "first_response_calendar_minutes"),
        ("sound_fct_responses", "intermediate.int_ticket_responses", "response_calendar_minutes"),
    ):
        (compiled,) = (warehouse.folder / "target" / "compiled").rglob(f"{test}.sql")
        sql = compiled.read_text(encoding="utf-8")
        assert execute(warehouse, sql) == []
        execute(warehouse, f"update {table} set {column} = -1 where ticket_id = '{ticket}'")
        assert sum(row[1] for row in execute(warehouse, sql)) > 0


def test_a_row_that_was_left_behind_under_another_key_is_told(warehouse: Warehouse) -> None:
    """An event that moved to another ticket: the run that takes it there must take it away, too."""
    ((untouched,),) = execute(warehouse, TICKET.format("min"))
    ticket = load_an_event(warehouse)
    assert warehouse.failures(*BUILD) == []
    (compiled,) = (warehouse.folder / "target" / "compiled").rglob("sound_fct_ticket_events.sql")
    sql = compiled.read_text(encoding="utf-8")
    assert execute(warehouse, sql) == []
    execute(
        warehouse,
        "insert into intermediate.int_ticket_events_ordered "
        f"select * replace ('{untouched}' as ticket_id) from intermediate.int_ticket_events_ordered "
        f"where event_id = (select min(event_id) from marts.fct_ticket_events where ticket_id = '{ticket}')",
    )
    assert [row[:2] for row in execute(warehouse, sql)] == [("event_id occurs once", 2)]


def test_a_reason_found_after_the_first_tests_holds_for_what_comes_later(warehouse: Warehouse) -> None:
    """Tests of staging ask whether all is built anew before stg_reporting_window finds that it is."""
    load_an_event(warehouse)
    execute(warehouse, f"update quality.builds set as_of = as_of + interval '1 day' where {OF_LAST_BUILD}")
    assert warehouse.failures(*BUILD) == []
    assert warehouse.reasons_to_build_all() == ["as_of is earlier than that of the last build"]
    (compiled,) = (warehouse.folder / "target" / "compiled").rglob("sound_fct_tickets.sql")
    assert "rows_to_test" not in compiled.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "drop table intermediate.int_ticket_slas",
            "a table of the last build is not there: int_ticket_slas",
        ),
        (
            # As a run of other definitions leaves it that stopped before its end.
            "insert into quality.builds "
            "select max(started_at) + interval '1 second', 'started', null, 'x', null from quality.builds",
            "a macro, model, variable or policy has changed",
        ),
    ],
)
def test_what_is_not_as_the_last_build_left_it_is_built_and_tested_whole(
    warehouse: Warehouse, statement: str, reason: str
) -> None:
    execute(warehouse, statement)
    assert warehouse.failures(*BUILD) == []
    assert warehouse.reasons_to_build_all() == [reason]
    compiled = list((warehouse.folder / "target" / "compiled").rglob("sound_*.sql"))
    assert compiled
    assert not [path.stem for path in compiled if "rows_to_test" in path.read_text(encoding="utf-8")]
