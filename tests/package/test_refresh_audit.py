"""The audit: each rule is kept by a sound warehouse and seen when it is broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from service_kpis.refresh.audit import Comparison, Last, Limits, audit, compare, count_rows, last_of_file
from service_kpis.refresh.database import duckdb_files
from tests.package.small_warehouse import NOW, PERSONAL, PRIVATE, SOUND, TABLES, make_file

Make = Callable[..., Path]

# A change of a sound warehouse, and what the audit then says.
OF_ITSELF = [
    ("drop table kpis.kpi_catalog", "kpis.kpi_catalog is missing"),
    ("create table leftovers (body varchar)", "main.leftovers is of no model that is published"),
    (
        "create schema staging; create table staging.x (a int)",
        "staging.x is of no model that is published",
    ),
    (
        "update quality.row_reconciliation set rows_read = rows_read + 1 where raw_table = 'raw_tickets'",
        "raw_tickets: 2,102 rows read, 2,101 accounted for",
    ),
    (
        "update quality.row_reconciliation set rows_duplicate = null",
        "raw_customers: 500 rows read, 0 accounted for",
    ),
    (
        "update quality.row_reconciliation set rows_rejected = 101, rows_accepted = 1899"
        " where raw_table = 'raw_tickets'",
        "raw_tickets: 101 of 2,101 rows rejected, more than max_rejected_share (0.01)",
    ),
    (
        "update kpis.kpi_values set value = 100.5 where unit = 'percent' and kpi_variant = 'standard'",
        "csat_satisfied_pct: 3 figures out of range (from 100.5 to 100.5)",
    ),
    ("update kpis.kpi_values set value = -101 where kpi_key = 'nps'", "nps: 3 figures out of range"),
    ("update kpis.kpi_values set value = 'inf' where kpi_key = 'first_response_time'", "out of range"),
    (
        "update kpis.kpi_values set value = 241 where kpi_variant = 'business_median'",
        "first_response_time: 3 medians (business_median) above their p90",
    ),
    (
        "update kpis.kpi_values set numerator = 49 where kpi_variant = 'within_8_hours'",
        "response_time_bands: 3 bands with fewer tickets than a shorter one",
    ),
    (
        "update quality.rejected_rows set raw_values = '{\"email\": \"a@b.c\"}' where row_key = 'C1'",
        "quality.rejected_rows: 1 values of email of raw_customers in clear",
    ),
    (
        "update quality.rejected_rows set raw_values = '{\"unreadable_line\": \"a\"}' where row_key = ''",
        "quality.rejected_rows: 1 values of unreadable_line of raw_customers in clear",
    ),
]

# A change of it, one of the last version, and what the audit then says.
OF_THE_LAST = [
    (
        "delete from marts.fct_tickets where ticket_id between 100 and 400",
        "",
        "marts.fct_tickets: 1,699 rows, the last version had 2,000 (allowed: 10% less)",
    ),
    ("delete from marts.fct_tickets", "delete from marts.fct_tickets where ticket_id > 3", "0 rows"),
    (
        "update marts.fct_tickets set created_at = created_at - interval 1 day",
        "",
        "of 2026-06-30 00:33:19 UTC, older than the last version's of 2026-07-01 00:33:19 UTC",
    ),
    (
        "delete from kpis.kpi_values where kpi_key = 'nps' and period_start_date = '2026-05-01'",
        "",
        "nps: 1 overall figures of past months, quarters or years are gone, the first of 2026-05-01",
    ),
    (
        "",
        "insert into kpis.kpi_values by name select * exclude (range)"
        " replace ('day' as period_grain, 'queue' as dimension,"
        " cast(range as varchar) as member)"
        " from kpis.kpi_values cross join range(20)",
        "kpis.kpi_values: 0 figures of complete periods by day, the last version had 240",
    ),
    (
        "update kpis.kpi_values set value = null where kpi_key = 'nps'",
        "",
        "without any value, and the last version had some: nps",
    ),
]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A function that makes the file of a sound warehouse and then changes it by SQL."""

    def build(name: str = "new", change: str = "", base: str = SOUND) -> Path:
        file = tmp_path / name / "service_kpis.duckdb"
        file.parent.mkdir()
        return make_file(file, base, change)

    return build


@pytest.fixture
def broken(make: Make) -> Callable[..., list[str]]:
    """A function that audits a sound warehouse after a change by SQL, against a last one if that is given."""

    def run(change: str = "", last_change: str | None = None, **limits: object) -> list[str]:
        private = make("private", base=PRIVATE)
        last = None if last_change is None else last_of_file(make("last", last_change))
        with duckdb_files(make("new", change), private) as database:
            return audit(
                database,
                last,
                limits=Limits(**limits),  # type: ignore[arg-type]
                tables=TABLES,
                personal=PERSONAL,
                now=NOW,
            )

    return run


def test_a_sound_warehouse_breaks_no_rule(broken) -> None:
    assert broken(last_change="", max_age_hours=48) == []


@pytest.mark.parametrize(("change", "line"), OF_ITSELF)
def test_each_rule_of_the_warehouse_itself(broken, change: str, line: str) -> None:
    found = broken(change)
    assert any(line in rule for rule in found), found


@pytest.mark.parametrize(("change", "last_change", "line"), OF_THE_LAST)
def test_each_rule_against_the_last_version(broken, change: str, last_change: str, line: str) -> None:
    found = broken(change, last_change)
    assert any(line in rule for rule in found), found


def test_less_than_before_may_be_allowed(broken) -> None:
    assert broken("delete from marts.fct_tickets", "", allow_shrink=True) == []


def test_a_small_loss_is_no_shrinking(broken) -> None:
    assert broken("delete from marts.fct_tickets where ticket_id between 100 and 299", "") == []


def test_figures_of_days_that_fell_to_nothing_may_go(broken) -> None:
    a_day = (
        "insert into kpis.kpi_values by name select * replace ('day' as period_grain) from kpis.kpi_values"
        " where kpi_key = 'nps'"
    )
    assert broken("", a_day) == []


def test_a_kpi_that_left_the_catalogue_is_noticed(broken) -> None:
    gone = "delete from kpis.{} where kpi_key = 'nps'"
    found = broken("; ".join(gone.format(table) for table in ("kpi_values", "kpi_catalog")), "")
    assert found == [
        "nps: 2 overall figures of past months, quarters or years are gone, the first of 2026-05-01"
    ]


def test_the_newest_row_may_be_too_old(broken) -> None:
    assert broken(max_age_hours=24) == [
        "the newest row is of 2026-07-01 00:33 UTC, 35 h ago: --max-age is 24 h"
    ]


def test_values_in_clear_may_be_wanted(broken) -> None:
    in_clear = 'update quality.rejected_rows set raw_values = \'{"email": "a@example.com"}\''
    assert broken(in_clear, is_masked=False) == []


def test_a_view_of_private_tables_is_seen(make: Make) -> None:
    private, file = make("private", base=PRIVATE), make("new")
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"attach '{private}' as service_kpis_private")
        connection.execute(
            "create view marts.dim_x as from service_kpis_private.staging.stg_response_time_bands"
        )
    with duckdb_files(file, private) as database:
        found = audit(database, None, limits=Limits(), tables=TABLES, personal=PERSONAL, now=NOW)
    assert "marts.dim_x is a view of what is not published" in found


def compared(file: Path, last: Last | None) -> Comparison:
    with duckdb_files(file) as database:
        return compare(database, last)


def test_rows_are_counted(make: Make) -> None:
    with duckdb_files(make()) as database:
        assert count_rows(database) == (2601, 2)


def test_changes_and_signals_are_found(make: Make) -> None:
    last = last_of_file(make("last"))
    new = make(
        "new",
        """
        update kpis.kpi_values set value = 81
        where kpi_key = 'csat_satisfied_pct' and period_start_date = '2026-05-01';
        update kpis.kpi_values set value = 999 where kpi_key = 'nps' and period_start_date = '2026-07-01';
        update kpis.kpi_values set value = 999 where kpi_variant = 'business_p90';
        delete from kpis.kpi_values
        where kpi_variant = 'within_1_hour' and period_start_date = '2026-06-01';
        update kpis.kpi_scorecard set signal = 'run_of_8' where kpi_key = 'nps';
        delete from marts.fct_tickets where ticket_id < 5;
        """,
    )
    found = compared(new, last)
    # Not the open month of nps, and not the variant of first_response_time that is no headline.
    assert found.changed_kpis == ("csat_satisfied_pct", "response_time_bands")
    assert [(signal.kpi_key, signal.signal, signal.period_start_date) for signal in found.new_signals] == [
        ("nps", "run_of_8", "2026-06-01")
    ]
    assert found.row_changes == {"fct_tickets": (2000, 1995)}
    assert compared(new, last_of_file(new)).new_signals == ()
    assert compared(new, None).changed_kpis == ()


def test_a_last_version_of_other_tables_is_not_compared_with(make: Make) -> None:
    last = make("last", "alter table kpis.kpi_values drop column is_complete_period")
    assert last_of_file(last) is None
    assert last_of_file(make("before", "drop table kpis.kpi_scorecard")) is None
    assert last_of_file(make("same")) is not None


def test_facts_that_are_views_are_compared(make: Make) -> None:
    views = (
        "create schema intermediate; create table intermediate.events as select * from marts.fct_tickets;"
        " drop table marts.fct_tickets; create view marts.fct_tickets as from {}intermediate.events"
    )
    last = last_of_file(make("last", views.format("service_kpis.")))
    assert last is not None
    assert last.table_rows == {"fct_tickets": 2000}
    assert compared(make("new", views.format("")), last).row_changes == {}
