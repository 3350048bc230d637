"""What `check-inputs` finds: with the real project over a folder of raw tables, and how it tells it."""

import csv
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from service_kpis import cli
from service_kpis.check_inputs import (
    BrokenRule,
    InputCheck,
    RejectedRow,
    TableCounts,
    check_inputs,
    unread_things,
    wanted,
)
from service_kpis.generate import generate
from service_kpis.project import find_project
from service_kpis.raw_layout import raw_layout

PROJECT = find_project(Path(__file__).parent)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    generate(tickets=40, seed=3, out=folder)
    return folder


def rewrite(path: Path, change) -> None:
    """Applies ``change`` to the list of rows of a CSV file, its header first."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(change(rows))


def with_value(rows: list[list[str]], row: int, column: str, value: str) -> list[list[str]]:
    rows[row][rows[0].index(column)] = value
    return rows


def test_rejected_rows_are_counted_by_rule_and_do_not_stop_a_build(folder):
    rewrite(folder / "raw_tickets.csv", lambda rows: with_value(rows, 1, "priority", "asap"))
    with (folder / "raw_tickets.csv").open(newline="", encoding="utf-8") as file:
        key = next(csv.DictReader(file))["ticket_id"]

    # YAML makes a date of this as_of.
    found = check_inputs(folder, project=PROJECT, variables={"as_of": date(2099, 1, 1)})

    assert found.errors == ()
    assert found.would_build
    (tickets,) = [table for table in found.tables if table.raw_table == "raw_tickets"]
    assert (tickets.read, tickets.accepted, tickets.rejected) == (40, 39, 1)
    (broken,) = found.broken
    assert (broken.raw_table, broken.rows) == ("raw_tickets", 1)
    assert "priority" in broken.rule or "priority" in broken.first[0].raw_values
    assert broken.first[0].row_key == key
    assert Path(broken.first[0].source_file).name == "raw_tickets.csv"
    assert broken.wanted == "one of low, normal, high, urgent"
    assert found.unread == ()


def test_a_missing_column_stops_a_build_and_is_named(folder):
    def without_created_at(rows: list[list[str]]) -> list[list[str]]:
        place = rows[0].index("created_at")
        return [[*row[:place], *row[place + 1 :]] for row in rows]

    rewrite(folder / "raw_tickets.csv", without_created_at)

    found = check_inputs(folder, project=PROJECT)

    assert not found.would_build
    assert found.tables == ()
    assert any("raw_tickets" in error and "created_at" in error for error in found.errors)


def test_too_many_rejected_rows_and_a_wrong_policy_stop_a_build_in_a_line_each(tmp_path):
    folder = tmp_path / "raw"
    generate(tickets=150, seed=3, out=folder)

    def spoil(rows: list[list[str]]) -> list[list[str]]:
        for row in range(1, 102):
            with_value(rows, row, "priority", "asap")
        return rows

    rewrite(folder / "raw_tickets.csv", spoil)
    (folder / "business_hours.csv").write_text(
        "calendar_id,iso_weekday,opens_at,closes_at,timezone\nfr,1,25:00,18:00,Europe/Paris\n"
    )

    # A policy file is read before any raw table.
    (policy,) = check_inputs(folder, project=PROJECT).errors
    (folder / "business_hours.csv").unlink()
    found = check_inputs(folder, project=PROJECT, examples=2)

    assert not found.would_build
    (tickets,) = found.errors
    assert "business_hours.csv" in policy and "row 2" in policy
    assert "raw_tickets" in tickets and "101 of 150" in tickets
    assert "\n" not in policy + tickets
    (broken,) = found.broken
    assert (broken.rows, len(broken.first)) == (101, 2)


def test_files_and_columns_with_misspelt_names_are_told(tmp_path):
    (tmp_path / "raw_ticket.csv").write_text("ticket_id\n")
    (tmp_path / "raw_tickets.csv").write_text("\ufeffTicket_ID, piority\nt1,low\n", encoding="utf-8")
    (tmp_path / "raw_agents.csv").write_text("agent_id;agent_kind\n")
    (tmp_path / "raw_costs").mkdir()
    duckdb.execute(f"copy (select 1 as cost_id, 2 as amout) to '{tmp_path / 'raw_costs' / 'may.parquet'}'")
    (tmp_path / "holidays.csv").write_text("calendar_id,holiday_date\n")
    (tmp_path / "holiday.csv").write_text("calendar_id,holiday_date\n")

    assert unread_things(tmp_path, raw_layout(PROJECT), ["holidays"]) == (
        "holiday.csv",
        "raw_ticket.csv",
        f"{Path('raw_costs/may.parquet')}: columns amout",
        "raw_tickets.csv: columns piority",
    )


@pytest.mark.parametrize(
    ("table", "rule", "said"),
    [
        ("raw_costs", "amount_not_a_number", "decimal point"),
        ("raw_tickets", "created_at_not_a_timestamp", "2026-06-30T14:05:00Z"),
        ("raw_agents", "agent_kind_not_in_list", "one of human, bot"),
        ("raw_agents", "unreadable_line", "UTF-8"),
    ],
)
def test_a_rule_says_what_it_wants(table, rule, said):
    assert said in wanted(rule, raw_layout(PROJECT)[table])


TICKETS = TableCounts("raw_tickets", 1200, 1150, 40, 5, 3, 2)
RULE = BrokenRule(
    "raw_tickets",
    "not_in_list: priority",
    40,
    (
        RejectedRow(
            "raw_tickets",
            "T-1",
            "not_in_list: priority",
            "/data/raw_tickets.csv",
            '{"email": "ann@example.org"}',
        ),
    ),
)


@pytest.mark.parametrize(
    ("found", "options", "code", "said"),
    [
        (InputCheck((TICKETS,), (RULE,), ()), [], 0, "without the 40 rejected rows"),
        (InputCheck((TICKETS,), (RULE,), ()), ["--strict"], 1, "without the 40 rejected rows"),
        (
            InputCheck((TICKETS,), (RULE,), ("raw_tickets: 3.3 % rejected",)),
            [],
            1,
            "raw_tickets: 3.3 % rejected",
        ),
        (
            InputCheck((TableCounts("raw_tickets", 5, 5, 0, 0, 0, 0),), (), ()),
            ["--strict"],
            0,
            "no row is rejected",
        ),
        (
            InputCheck((TableCounts("raw_tickets", 5, 2, 0, 0, 0, 3),), (), ()),
            [],
            0,
            "3 rows are later than as_of",
        ),
    ],
)
def test_exit_code_and_verdict(found, options, code, said, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("service_kpis.check_inputs.check_inputs", lambda *_, **__: found)
    monkeypatch.setattr(sys, "argv", ["service-kpis", "check-inputs", "--raw-path", str(tmp_path), *options])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert int(ended.value.code or 0) == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("with_values", [False, True])
def test_personal_data_is_shown_only_on_request(with_values, monkeypatch, capsys, tmp_path):
    found = InputCheck((TICKETS,), (RULE,), ())
    monkeypatch.setattr("service_kpis.check_inputs.check_inputs", lambda *_, **__: found)
    options = ["--values"] if with_values else []
    monkeypatch.setattr(sys, "argv", ["service-kpis", "check-inputs", "--raw-path", str(tmp_path), *options])

    with pytest.raises(SystemExit):
        cli.main()

    output = capsys.readouterr().out
    assert "T-1  (raw_tickets.csv)" in output
    assert "… and 39 more" in output
    assert ("ann@example.org" in output) == with_values
