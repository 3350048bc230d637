"""The real project refreshed: what is published is what an ordinary build makes, without what is personal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from service_kpis.export import export
from service_kpis.refresh.history import history_of_file
from service_kpis.refresh.layout import Warehouse
from service_kpis.show import read_scorecard
from tests.company.test_company import RAW_PATH, VARIABLES
from tests.conftest import start_refresh
from tests.house.test_personal import EXPECTED_PERSONAL, MIN_LENGTH

LAYERS = ("raw", "staging", "intermediate", "marts", "kpis", "quality", "policy")
PUBLISHED = ("kpis", "marts", "quality")
# Intermediate tables that a published fact is a view of.
PUBLISHED_TABLES = ("int_ticket_events_ordered", "int_ticket_reopenings", "int_ticket_responses")


def exports(database: Path, folder: Path) -> dict[str, bytes]:
    """The bytes of each table of `kpis`, by its name."""
    export(database, folder)
    return {file.name: file.read_bytes() for file in (folder / "kpis").iterdir()}


def assert_same_bytes(database: Path, other: Path, folder: Path) -> None:
    one, another = exports(database, folder / "one"), exports(other, folder / "other")
    assert len(one) > 30
    assert one.keys() == another.keys()
    assert [name for name in one if one[name] != another[name]] == []


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(RAW_PATH, tmp_path_factory.mktemp("refreshed") / "raw")


@pytest.fixture(scope="module")
def refreshed(raw: Path, profiles: Path) -> tuple[Warehouse, str, str]:
    """The worked company refreshed twice, then with more bad rows: the warehouse and both versions."""
    warehouse = Warehouse(raw.parent / "warehouse")
    variables = json.dumps(VARIABLES)
    versions = []
    for _ in range(2):
        options = ("--raw-path", str(raw), "--vars", variables)
        process = start_refresh(warehouse.root, *options, profiles=profiles)
        _, err = process.communicate()
        assert process.returncode == 0, err
        versions.append(warehouse.current_version() or "")
        add_bad_rows(raw)
    return warehouse, versions[0], versions[1]


def add_bad_rows(raw: Path) -> None:
    customers, agents = raw / "raw_customers.csv", raw / "raw_agents.csv"
    header = customers.read_text(encoding="utf-8").splitlines()[0].split(",")
    with customers.open("a", encoding="utf-8") as file:
        for name in ("first", "second"):
            values = {"customer_id": "zz_conflict", "email": f"{name}.person@example.com"}
            file.write(",".join(values.get(column, "") for column in header) + "\n")
    with agents.open("a", encoding="utf-8") as file:
        file.write("zz_unreadable,Ann Unreadable," + "," * 40 + "\n")


def published(warehouse: Warehouse, version: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(warehouse.database(version)), read_only=True)


def rows(connection: duckdb.DuckDBPyConnection, query: str, parameters: Any = None) -> list[tuple]:
    return connection.execute(query, parameters).fetchall()


def test_only_what_others_may_read_is_published(refreshed: tuple[Warehouse, str, str]) -> None:
    warehouse, *versions = refreshed
    for version in versions:
        with published(warehouse, version) as connection:
            schemas = rows(
                connection, "select distinct table_schema from information_schema.tables order by 1"
            )
            assert schemas == [(schema,) for schema in sorted((*PUBLISHED, "intermediate"))]
            intermediate_tables = rows(
                connection,
                "select table_name from information_schema.tables "
                "where table_schema = 'intermediate' order by 1",
            )
            assert intermediate_tables == [(table,) for table in PUBLISHED_TABLES]
        with duckdb.connect(str(warehouse.database(version)), read_only=True) as connection:
            # Each can be read without the private file.
            for schema, table in rows(
                connection, "select table_schema, table_name from information_schema.tables"
            ):
                rows(connection, f"select * from {schema}.{table} limit 1")
    with duckdb.connect(str(warehouse.private(versions[1])), read_only=True) as connection:
        schemas = rows(connection, "select distinct table_schema from information_schema.tables")
        assert {schema for (schema,) in schemas} - {"quality"} == set(LAYERS) - set(PUBLISHED)


def test_it_is_what_an_ordinary_build_makes(
    refreshed: tuple[Warehouse, str, str], build_warehouse, tmp_path: Path
) -> None:
    warehouse, first, _ = refreshed
    assert_same_bytes(warehouse.database(first), build_warehouse(RAW_PATH, VARIABLES, "company"), tmp_path)


def test_two_builds_without_as_of_are_the_same(build_warehouse, refreshed_demo: Path, tmp_path: Path) -> None:
    database = refreshed_demo / "current" / "service_kpis.duckdb"
    assert_same_bytes(database, build_warehouse(None, {}, "demo"), tmp_path)


def test_personal_values_are_not_published(refreshed: tuple[Warehouse, str, str], raw: Path) -> None:
    warehouse, _, second = refreshed
    with published(warehouse, second) as connection:
        for table, columns in EXPECTED_PERSONAL.items():
            for column in columns:
                connection.execute(
                    "create temp table if not exists personal_values (personal_value varchar);"
                    f"insert into personal_values select distinct {column} from read_csv("
                    f"'{raw}/{table}.csv', all_varchar = true, ignore_errors = true)"
                    f" where length({column}) >= {MIN_LENGTH}"
                )
        connection.execute(
            "insert into personal_values values"
            " ('Ann Unreadable'), ('first.person@example.com'), ('second.person@example.com')"
        )
        (count,) = rows(connection, "select count(*) from personal_values")[0]
        assert count > 20
        columns = rows(
            connection,
            "select table_schema, table_name, column_name from information_schema.columns"
            " where data_type = 'VARCHAR' and table_catalog = current_database()",
        )
        leaks = [
            f"{schema}.{table}.{column}"
            for schema, table, column in columns
            if rows(
                connection,
                f"select 1 from {schema}.{table}"
                f" inner join personal_values on contains({column}, personal_value) limit 1",
            )
        ]
    assert leaks == []


def test_rejected_rows_are_whole_but_for_that(refreshed: tuple[Warehouse, str, str]) -> None:
    warehouse, _, second = refreshed
    with published(warehouse, second) as connection:
        found = rows(
            connection,
            "select rule, raw_values from quality.rejected_rows"
            " where row_key = 'zz_conflict' or rule = 'unreadable_line'",
        )
        # The first of a key in file order is the row, the second is the one that is rejected.
        digest = rows(connection, "select md5('second.person@example.com')")[0][0]
    values = [json.loads(text) for rule, text in found if rule == "conflicting_key"]
    assert digest in {value["email"] for value in values}
    assert {value["customer_id"] for value in values} == {"zz_conflict"}
    assert all(
        len(json.loads(text)["unreadable_line"]) == 32 for rule, text in found if rule == "unreadable_line"
    )
    with duckdb.connect(str(warehouse.private(second)), read_only=True) as connection:
        # The private file has them whole, so that they can be put right.
        whole = rows(
            connection, "select raw_values from staging.base_customers where row_key = 'zz_conflict'"
        )
    assert any("second.person@example.com" in (text or "") for (text,) in whole)


def test_the_history_is_carried_on(refreshed: tuple[Warehouse, str, str]) -> None:
    warehouse, first, second = refreshed
    runs = history_of_file(warehouse.database(second))
    assert [(run.version, run.status, run.is_incremental) for run in runs] == [
        (first, "published", False),
        (second, "published", True),
    ]
    assert runs[1].rows_rejected > runs[0].rows_rejected > 0
    assert runs[1].tests_passed > 90
    assert [run.changed_kpi_count for run in runs] == [None, 0]


def test_the_scorecard_reads_what_is_published(refreshed: tuple[Warehouse, str, str]) -> None:
    warehouse, *_ = refreshed
    scorecard = read_scorecard(warehouse.root / "current" / "service_kpis.duckdb")
    assert len(scorecard.lines) > 60
