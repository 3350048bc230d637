"""The measures of a changed warehouse: measuring again what changed gives what measuring all anew gives.

The facts are changed in place, so that each way in which a day's rows can come to differ is there, whatever
load might bring it about.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.conftest import dbt_in, failed_nodes, run_dbt
from tests.reference.scenario import make_scenario

MIDDLE = "(select median(created_date) from marts.fct_tickets)"
CHANGES = {
    "rows_become_others": [
        f"update marts.fct_tickets set status = 'odd', topic = null where created_date = {MIDDLE}",
        "update marts.fct_tickets set resolver_id = 'A-new' "
        "where ticket_id = (select max(ticket_id) from marts.fct_tickets where is_solved and is_in_scope)",
        "update intermediate.int_ticket_responses "
        "set response_business_minutes = response_business_minutes + 0.5 "
        "where replied_at = (select max(replied_at) from intermediate.int_ticket_responses)",
        "update marts.fct_survey_responses set score = scale_min "
        "where response_id = "
        "(select min(response_id) from marts.fct_survey_responses where score > scale_min)",
        "update marts.fct_self_service_sessions set is_mature = not is_mature "
        "where session_id = (select min(session_id) from marts.fct_self_service_sessions)",
    ],
    "rows_move_to_another_day": [
        "update marts.fct_tickets set created_date = created_date + 1 "
        "where ticket_id in (select min(ticket_id) from marts.fct_tickets where is_in_scope)",
        "update marts.fct_agent_ticket_days set action_date = action_date - 1 "
        "where action_date = (select max(action_date) from marts.fct_agent_ticket_days)",
        "update marts.fct_contacts set offered_date = offered_date + 2 "
        "where contact_id = (select min(contact_id) from marts.fct_contacts where is_call_offered)",
    ],
    "days_and_members_vanish": [
        f"delete from marts.fct_tickets where created_date = {MIDDLE}",
        "delete from marts.fct_ticket_stock_changes "
        "where changed_date = (select median(changed_date) from marts.fct_ticket_stock_changes)",
        "delete from marts.fct_survey_responses "
        "where agent_id = (select min(agent_id) from marts.fct_survey_responses)",
        "delete from marts.fct_contact_legs where team = (select min(team) from marts.fct_contact_legs)",
        "delete from intermediate.int_ticket_reopenings "
        "where reopened_at = (select max(reopened_at) from intermediate.int_ticket_reopenings)",
    ],
    "a_fact_loses_all_its_rows": [
        "delete from marts.fct_self_service_sessions",
        "delete from marts.fct_bot_conversations",
        "delete from marts.fct_contacts",
        "delete from marts.fct_contact_legs",
    ],
    "periods_end_begin_and_fall_out_of_range": [
        "update marts.dim_periods set is_complete_period = not is_complete_period where period_start_date in "
        "(select max(period_start_date) from marts.dim_periods group by period_grain)",
        "update marts.dim_periods set is_in_data_range = false "
        "where period_grain = 'day' and period_start_date = "
        "(select min(changed_date) from marts.fct_ticket_stock_changes)",
        "delete from marts.fct_ticket_stock_changes "
        "where changed_date = (select min(changed_date) from marts.fct_ticket_stock_changes)",
        "delete from marts.dim_periods where period_grain in ('day', 'week') and period_start_date in "
        "(select max(period_start_date) from marts.dim_periods group by period_grain)",
        "update marts.dim_periods set day_count = day_count + 1, business_day_count = business_day_count + 1 "
        "where not is_complete_period",
    ],
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a warehouse of 300 random tickets and what dbt needs to go on with it."""
    folder = tmp_path_factory.mktemp("measures")
    make_scenario(3, 300, folder=folder / "raw")
    run(folder, folder / "raw", "build", "--exclude-resource-type", "test", "unit_test")
    return folder


def run(folder: Path, raw: Path, command: str, *options: str) -> None:
    """Run dbt on the warehouse of a folder. Raises AssertionError with dbt's messages."""
    variables = yaml.safe_dump({"raw_path": str(raw)}, default_flow_style=True)
    with dbt_in(folder):
        result = run_dbt(folder, command, "--vars", variables, *options)
    assert result.success, "\n".join(failed_nodes(result))


def measure_kpis(folder: Path, built: Path, *options: str) -> None:
    """Run the models of the layer `kpis` alone, on the files that the warehouse was built from."""
    run(folder, built / "raw", "run", "--select", "path:models/kpis", *options)


def change(folder: Path, statements: list[str]) -> None:
    """Change the warehouse of a folder; each statement must do something."""
    with duckdb.connect(str(folder / "service_kpis.duckdb")) as connection:
        for statement in statements:
            changed = connection.execute(statement).fetchone()
            assert changed and changed[0] > 0, statement


def rows_of(folder: Path) -> dict[str, list[tuple]]:
    """All rows of the tables and views of the schema `kpis`, sorted."""
    with duckdb.connect(str(folder / "service_kpis.duckdb"), read_only=True) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'kpis' order by table_name"
        ).fetchall()
        return {
            name: connection.execute(f"select * from kpis.{name} order by all").fetchall()
            for (name,) in names
        }


@pytest.mark.parametrize("kind", CHANGES)
def test_measuring_what_changed_equals_measuring_all(kind: str, built: Path, tmp_path: Path) -> None:
    incremental, full = tmp_path / "incremental", tmp_path / "full"
    for folder in (incremental, full):
        shutil.copytree(built, folder)
        change(folder, CHANGES[kind])
    before = rows_of(incremental)

    measure_kpis(incremental, built)
    measure_kpis(full, built, "--full-refresh")

    after, expected = rows_of(incremental), rows_of(full)
    assert [name for name in expected if after[name] != expected[name]] == []
    assert after["kpi_values"] != before["kpi_values"], "the change changes no figure: it tests nothing"


def test_what_did_not_change_is_not_measured_again(built: Path, tmp_path: Path) -> None:
    folder = tmp_path / "service"
    shutil.copytree(built, folder)
    day = f"(select max(created_date) from marts.fct_tickets where created_date < {MIDDLE})"
    kept = f"dimension = 'channel' and period_grain = 'day' and period_start_date = {day}"
    change(
        folder,
        [
            f"update kpis.measures_tickets_created set value = -1 where {kept}",
            f"update marts.fct_tickets set topic = 'odd' where created_date = {MIDDLE}",
        ],
    )

    measure_kpis(folder, built)

    with duckdb.connect(str(folder / "service_kpis.duckdb"), read_only=True) as connection:
        query = f"select bool_and(value = -1), count(*) from kpis.measures_tickets_created where {kept}"
        all_kept, count = connection.execute(query).fetchone() or (None, 0)
    assert count > 0 and all_kept
