"""What the data tests of a run look at: all rows, or those that came into being since a build whose tests passed."""

from __future__ import annotations

import duckdb
import pytest

from .changes import stamp_of
from .warehouse import Warehouse

COMPANY = 7
BUILD = ("build", "--exclude-resource-type", "unit_test")

# Faults in rows that the load of a later event does not touch: where, and the test that tells.
FAULTS = {
    "sound_fct_tickets": (
        "update marts.fct_tickets set first_response_calendar_minutes = -1 where ticket_id = '{untouched}'"
    ),
    "sound_stg_tickets": (
        "insert into staging.base_tickets from staging.base_tickets "
        "where ticket_id = '{untouched}' and verdict = 'accepted'"
    ),
    "sound_kpi_values": (
        "update kpis.measures_tickets_created set value = value + 1 "
        "where kpi_key = 'ticket_volume' and period_grain = 'day' and dimension = 'overall' "
        "and period_start_date = (select min(period_start_date) from kpis.measures_tickets_created)"
    ),
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A company, built with all data tests."""
    warehouse = Warehouse(tmp_path_factory.mktemp("data_tests"))
    warehouse.start(warehouse.company(COMPANY))
    assert warehouse.failures(*BUILD, "--full-refresh") == []
    return warehouse


def execute(warehouse: Warehouse, statement: str) -> list[tuple]:
    with duckdb.connect(str(warehouse.database)) as connection:
        return connection.execute(statement).fetchall()


def load_an_event(warehouse: Warehouse, rank: int) -> str:
    """Deliver a new version of an event of the last ticket that has a reply. Gives the ticket."""
    company = warehouse.company(COMPANY)
    ((ticket,),) = execute(
        warehouse, "select max(ticket_id) from marts.fct_tickets where is_in_scope and first_reply_at is not null"
    )
    line = next(line for line in company.sound("raw_ticket_events") if line["ticket_id"].strip() == ticket)
    warehouse.write("raw_ticket_events", f"later-{rank}", [{**line, "loaded_at": stamp_of(rank)}], "csv")
    return ticket


def test_rows_that_were_tested_are_not_tested_again_but_after_a_failure(warehouse: Warehouse) -> None:
    ((untouched,),) = execute(
        warehouse,
        "select min(ticket_id) from marts.fct_tickets where is_in_scope and first_reply_at is not null",
    )
    for statement in FAULTS.values():
        execute(warehouse, statement.format(untouched=untouched))

    ticket = load_an_event(warehouse, 1)
    assert ticket != untouched
    assert warehouse.failures(*BUILD) == []
    assert warehouse.reasons_to_build_all() == []

    # The rows that the run did write are looked at.
    (compiled,) = (warehouse.folder / "target" / "compiled").rglob("sound_fct_tickets.sql")
    sql = compiled.read_text(encoding="utf-8")
    assert execute(warehouse, sql) == []
    execute(
        warehouse, f"update marts.fct_tickets set first_response_calendar_minutes = -1 where ticket_id = '{ticket}'"
    )
    assert [row[1] for row in execute(warehouse, sql)] == [1]

    # Without tests of the last build nothing is known of what it left.
    execute(
        warehouse,
        "delete from quality.builds where event = 'tested' "
        "and started_at = (select max(started_at) from quality.builds)",
    )
    load_an_event(warehouse, 2)
    told = "\n".join(warehouse.failures(*BUILD))
    assert all(name in told for name in FAULTS)
    assert warehouse.reasons_to_build_all() == []

    # And a build that failed a test says nothing of its rows to the next one.
    load_an_event(warehouse, 3)
    told = "\n".join(warehouse.failures(*BUILD))
    assert all(name in told for name in FAULTS)


def test_a_table_that_is_gone_is_a_reason_to_build_all(warehouse: Warehouse) -> None:
    execute(warehouse, "drop table intermediate.int_ticket_slas")
    assert warehouse.failures(*BUILD) == []
    assert warehouse.reasons_to_build_all() == ["a table of the last build is not there: int_ticket_slas"]
    compiled = list((warehouse.folder / "target" / "compiled").rglob("sound_*.sql"))
    assert compiled
    assert not [path.stem for path in compiled if "tested_rows" in path.read_text(encoding="utf-8")]
