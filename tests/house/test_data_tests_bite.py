"""Each data test goes red when what it guards is broken, and says what is.

On a copy of the demo, one fault at a time, with the SQL that dbt ran. A data test without a fault here fails.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt.contracts.graph.manifest import Manifest

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = REPOSITORY / "tests" / "data"
UNKNOWN = "never_heard_of"

# For a row of what has none on the demo.
SOME_VALUE = {
    "VARCHAR": "'x'",
    "BIGINT": "1",
    "INTEGER": "1",
    "DOUBLE": "1.0",
    "BOOLEAN": "true",
    "DATE": "date '2025-01-01'",
    "TIMESTAMP": "timestamp '2025-01-01 00:00:00'",
}

# For each rule in words: what to set in a row, and which row to take.
RULES: dict[tuple[str, str], tuple[str, str]] = {
    ("kpi_values", "a count is its numerator"): (
        "value = value + 1",
        "numerator is not null and denominator is null",
    ),
    (
        "kpi_values",
        "a ratio is its numerator over its denominator, a hundred times that for shares and net scores",
    ): ("value = value / 100", "unit = 'percent' and value between 10 and 90"),
    ("kpi_values", "nothing over nothing is null, and nothing else is"): (
        "value = 0",
        "numerator is not null and denominator = 0",
    ),
    ("kpi_values", "a share has its numerator among its denominator"): ("value = 101", "unit = 'percent'"),
    ("kpi_values", "a net score lies between all against and all in favour"): (
        "value = -101",
        "kpi_key = 'nps'",
    ),
    ("kpi_values", "an interval has two ends, in order"): (
        "upper_bound = null",
        "lower_bound is not null",
    ),
    ("kpi_values", "a share and a net promoter score have an interval wherever they have a value"): (
        "lower_bound = null, upper_bound = null",
        "kpi_key = 'nps' and value is not null",
    ),
    ("kpi_values", "nothing but shares and net promoter scores has an interval"): (
        "lower_bound = 0, upper_bound = 1",
        "unit = 'minutes'",
    ),
    ("kpi_values", "the interval of a share contains it and lies between 0 and 100"): (
        "upper_bound = 101",
        "unit = 'percent' and value is not null",
    ),
    (
        "fct_tickets",
        "no first response takes less than no time, nor longer on the desk's clock than by the calendar",
    ): (
        "first_response_business_minutes = first_response_calendar_minutes + 1",
        "first_response_calendar_minutes is not null",
    ),
    (
        "fct_tickets",
        "no resolution takes less than no time, nor longer on the desk's clock than by the calendar",
    ): ("resolution_calendar_minutes = -1", "resolution_calendar_minutes is not null"),
    (
        "fct_responses",
        "no response takes less than no time, nor longer on the desk's clock than by the calendar",
    ): ("response_business_minutes = -1", "response_business_minutes is not null"),
    ("row_reconciliation", "every row that was read is accounted for exactly once"): (
        "rows_read = rows_read + 1",
        "true",
    ),
}


def one_value(assignment: str, kpi_key: str, condition: str = "true") -> str:
    """A statement that changes one row of a KPI, one that has figures."""
    return (
        f"update kpis.kpi_values set {assignment} where rowid = (select min(rowid) from kpis.kpi_values "
        f"where kpi_key = '{kpi_key}' and value is not null and {condition})"
    )


def one_ticket(assignment: str, condition: str = "true") -> str:
    """A statement that changes one ticket."""
    return (
        f"update marts.fct_tickets set {assignment} "
        f"where rowid = (select min(rowid) from marts.fct_tickets where {condition})"
    )


OPEN_DAY_AND_NIGHT = """
    create or replace table staging.open_hours as
    select calendar_id, iso_weekday, 0 as opens_minute, 1440 as closes_minute, min(timezone) as timezone,
        null::timestamp as valid_from, null::timestamp as valid_to
    from (select distinct calendar_id, timezone from staging.stg_business_hours)
        cross join (select unnest(range(1, 8)) as iso_weekday)
    group by all
"""

# For each other test: faults, each a list of statements.
FAULTS: dict[str, list[list[str]]] = {
    "assert_backlog_is_what_came_less_what_went": [
        [one_value("value = value + 1", "open_backlog", "period_grain = 'day' and dimension = 'overall'")],
    ],
    "assert_calendars_of_tickets_are_known": [[one_ticket(f"calendar_id = '{UNKNOWN}'")]],
    "assert_csat_shares_add_up": [
        [one_value("numerator = numerator + 1", "csat_neutral_pct")],
        [one_value("denominator = denominator + 1", "csat_negative_pct")],
        [one_value("value = value + 1", "csat_satisfied_pct")],
    ],
    "assert_events_not_before_their_tickets": [
        [
            "update staging.base_ticket_events set occurred_at = timestamp '2001-01-01' "
            "where rowid = (select min(rowid) from staging.base_ticket_events where verdict = 'accepted')"
        ],
    ],
    "assert_macros_agree_with_kpi_values": [
        [
            one_value(
                "value = value + 1",
                kpi_key,
                f"kpi_variant = '{variant}' and period_grain = 'year' and dimension = 'overall'",
            )
        ]
        for kpi_key, variant in (
            ("first_response_time", "business_mean"),
            ("first_response_time", "calendar_p90"),
            ("resolution_time", "calendar_median"),
            ("fcr_rate", "standard"),
            ("resolution_rate", "standard"),
        )
    ],
    "assert_members_add_up_to_overall": [
        [one_value("numerator = numerator + 1", "ticket_volume", "dimension = 'channel'")],
        [one_value("denominator = denominator + 1", "resolution_rate", "dimension = 'overall'")],
        ["delete from kpis.kpi_values where kpi_key = 'nps' and dimension = 'channel' and numerator > 0"],
    ],
    "assert_nps_shares_add_up": [
        [one_value("value = value + 1", "nps")],
        [one_value("value = value + 1", "nps_passives_pct")],
        [
            "delete from kpis.kpi_values where kpi_key = 'nps_detractors_pct' and period_grain = 'year' "
            "and value is not null"
        ],
    ],
    "assert_open_calendars_give_elapsed_minutes": [
        [
            # Calendars that were not open day and night, said to be.
            OPEN_DAY_AND_NIGHT,
            "drop view staging.stg_business_hours",
            "alter table staging.open_hours rename to stg_business_hours",
            "drop view staging.stg_holidays",
            "create table staging.stg_holidays as select 'none' as calendar_id where false",
        ],
    ],
    "assert_periods_add_up": [
        *(
            [one_value("numerator = numerator + 1", "ticket_volume", f"period_grain = '{grain}'")]
            for grain in ("day", "week", "month", "quarter", "year")
        ),
        [one_value("denominator = denominator + 1", "resolution_rate", "period_grain = 'week'")],
        [
            "delete from kpis.kpi_values where kpi_key = 'ticket_volume' and period_grain = 'month' "
            "and dimension = 'overall'"
        ],
        [
            "delete from kpis.kpi_values where kpi_key = 'ticket_volume' and period_grain = 'day' "
            "and dimension = 'channel'"
        ],
    ],
    "assert_response_time_bands_agree": [
        [one_value("numerator = denominator + 1", "response_time_bands")],
        [one_value("denominator = denominator + 1", "response_time_bands")],
        [one_value("denominator = denominator + 1", "first_response_time", "kpi_variant = 'business_mean'")],
        [
            # The shortest band with as many as all, in a group where the longest has fewer.
            "update kpis.kpi_values set numerator = denominator where kpi_key = 'response_time_bands' "
            "and kpi_variant = "
            "(select band_key from staging.stg_response_time_bands order by upper_minutes limit 1)"
        ],
    ],
    "assert_row_reconciliation_rejected_rows": [
        [
            "insert into quality.rejected_rows "
            "select raw_table, '1', 'x', '{}', 'x' from quality.row_reconciliation"
        ],
    ],
    "assert_status_agrees_with_events": [[one_ticket("status = 'open'", "is_solved and status = 'closed'")]],
    "assert_tickets_in_are_tickets_out": [
        ["delete from marts.fct_tickets where rowid = (select min(rowid) from marts.fct_tickets)"],
        [
            one_value(
                "numerator = numerator + 1", "ticket_volume", "period_grain = 'week' and dimension = 'topic'"
            )
        ],
    ],
    "relationships_kpi_values_kpi_key__kpi_key__ref_kpi_catalog_": [
        [one_value(f"kpi_key = '{UNKNOWN}'", "nps")],
    ],
    "unique_kpi_catalog_name_en": [["update kpis.kpi_catalog set name_en = 'NPS'"]],
    "unique_kpi_catalog_name_fr": [["update kpis.kpi_catalog set name_fr = 'NPS'"]],
}


def data_tests(manifest: Manifest) -> list[Any]:
    return [node for node in manifest.nodes.values() if node.resource_type == "test"]


def sound_tests() -> list[tuple[str, dict[str, Any]]]:
    """Models with a test of the kind `sound`, and its arguments, as their YAML has them."""
    paths = [*(REPOSITORY / "models").rglob("*.yml"), *(REPOSITORY / "seeds" / "reference").glob("*.yml")]
    nodes = [
        node
        for path in sorted(paths)
        for document in [yaml.safe_load(path.read_text(encoding="utf-8"))]
        for node in document.get("models", []) + document.get("seeds", [])
    ]
    return [
        (node["name"], test["sound"]["arguments"])
        for node in nodes
        for test in node.get("data_tests", [])
        if "sound" in test
    ]


def sound_faults() -> list[Any]:
    """Each rule of each model: the model, the rule as the test tells it, what to set, and in which row."""
    faults = []
    for model, arguments in sound_tests():
        if key := arguments.get("key"):
            faults.append((model, f"{', '.join(key)} occurs once", None, "true"))
        for column in arguments.get("not_null", []):
            faults.append((model, f"{column} is not null", f"{column} = null", "true"))
        for column, values in arguments.get("accepted_values", {}).items():
            unknown = f"'{UNKNOWN}'" if isinstance(values[0], str) else "99"
            faults.append((model, f"{column} in (", f"{column} = {unknown}", "true"))
        for rule in arguments.get("rules", {}):
            assignment, condition = RULES.get((model, rule), (None, "false"))
            faults.append((model, rule, assignment, condition))
    return [pytest.param(*fault, id=f"{fault[0]}: {fault[1]}") for fault in faults]


def references() -> list[tuple[str, str]]:
    """The columns that assert_references_are_known looks up."""
    text = (TESTS / "assert_references_are_known.sql").read_text(encoding="utf-8")
    return re.findall(r"^    \('(\w+)', '(\w+)', '\w+', '\w+'\),$", text, re.MULTILINE)


@pytest.fixture(scope="module")
def compiled(demo: Path) -> dict[str, str]:
    """The SQL that dbt ran on the demo, by the name of the test or model."""
    files = (demo.parent / "target" / "compiled").rglob("*.sql")
    return {path.stem: path.read_text(encoding="utf-8") for path in files}


@pytest.fixture(scope="module")
def copied_demo(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the demo that may be broken, under the name that the SQL has for it."""
    path = tmp_path_factory.mktemp("broken") / demo.name
    shutil.copy(demo, path)
    with duckdb.connect(str(path)) as connection:
        make_table_of_view(connection, "kpis.kpi_values")
        yield connection


def make_table_of_view(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Put a table of the same rows in the place of a view: faults are written into rows."""
    connection.execute(f"create table {name}_rows as select * from {name}")
    connection.execute(f"drop view {name}")
    connection.execute(f"alter table {name}_rows rename to {name.split('.')[-1]}")


@pytest.fixture
def warehouse(copied_demo: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The demo, sound again after each test."""
    copied_demo.execute("begin")
    yield copied_demo
    copied_demo.execute("rollback")


def keep_one_row(connection: duckdb.DuckDBPyConnection, model: str, condition: str) -> str:
    """A table of one row instead of a model, without its constraints. Gives its name."""
    found = connection.execute(
        "select table_schema, table_type from information_schema.tables where table_name = ?", [model]
    ).fetchone()
    assert found, f"{model} is not there"
    schema, kind = found
    connection.execute(
        f"create table {schema}.one_row as select * from {schema}.{model} where {condition} limit 1"
    )
    connection.execute(f"drop {'view' if kind == 'VIEW' else 'table'} {schema}.{model}")
    connection.execute(f"alter table {schema}.one_row rename to {model}")
    table = f"{schema}.{model}"
    if condition == "true" and connection.execute(f"select 1 from {table}").fetchone() is None:
        accepted = dict(sound_tests())[model].get("accepted_values", {})
        columns = connection.execute(f"select column_name, column_type from (describe {table})").fetchall()
        row = [f"'{accepted[name][0]}'" if name in accepted else SOME_VALUE[kind] for name, kind in columns]
        connection.execute(f"insert into {table} values ({', '.join(row)})")
    count = connection.execute(f"select count(*) from {table}").fetchone()
    assert count == (1,), f"no row of {model} with {condition}"
    return table


def told(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, tuple[int, str]]:
    """What a test of rules tells: for each broken rule the rows that break it, and where to see them."""
    return {rule: (count, where) for rule, count, where in connection.execute(sql).fetchall()}


@pytest.mark.parametrize(("model", "rule", "assignment", "condition"), sound_faults())
def test_a_broken_rule_is_told(
    model: str,
    rule: str,
    assignment: str | None,
    condition: str,
    warehouse: duckdb.DuckDBPyConnection,
    compiled: dict[str, str],
) -> None:
    table = keep_one_row(warehouse, model, condition)
    sql = compiled[f"sound_{model}"]
    assert told(warehouse, sql) == {}
    warehouse.execute(
        f"update {table} set {assignment}" if assignment else f"insert into {table} from {table}"
    )
    broken = {name: rows for name, rows in told(warehouse, sql).items() if name.startswith(rule)}
    assert len(broken) == 1
    ((count, query),) = broken.values()
    assert count == (1 if assignment else 2)
    assert len(warehouse.execute(query).fetchall()) == 1


@pytest.mark.parametrize(("model", "column"), references())
def test_an_unknown_reference_is_told(
    model: str, column: str, warehouse: duckdb.DuckDBPyConnection, compiled: dict[str, str]
) -> None:
    table = keep_one_row(warehouse, model, f"{column} is not null")
    warehouse.execute(f"update {table} set {column} = '{UNKNOWN}'")
    broken = told(warehouse, compiled["assert_references_are_known"])
    assert [value for rule, value in broken.items() if rule.startswith(f"{model}.{column} ")] == [
        (1, UNKNOWN)
    ]


@pytest.mark.parametrize(
    ("test", "statements"),
    [(test, statements) for test, faults in FAULTS.items() for statements in faults],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_is_seen(
    test: str, statements: list[str], warehouse: duckdb.DuckDBPyConnection, compiled: dict[str, str]
) -> None:
    assert warehouse.execute(compiled[test]).fetchall() == []
    for statement in statements:
        warehouse.execute(statement)
    assert warehouse.execute(compiled[test]).fetchall()


def test_a_raw_row_without_verdict_is_told(
    warehouse: duckdb.DuckDBPyConnection, compiled: dict[str, str]
) -> None:
    warehouse.execute("update staging.base_agents set verdict = null where row_number = 1")
    warehouse.execute(
        f"create or replace table quality.row_reconciliation as {compiled['row_reconciliation']}"
    )
    assert list(told(warehouse, compiled["sound_row_reconciliation"])) == [
        "every row that was read is accounted for exactly once"
    ]


def test_every_data_test_was_seen_red(manifest: Manifest) -> None:
    seen = {f"sound_{model}" for model, _ in sound_tests()} | FAULTS.keys() | {"assert_references_are_known"}
    assert {node.name for node in data_tests(manifest)} == seen
