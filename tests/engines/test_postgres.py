"""PostgreSQL alone: raw files as tables, indexes, and who may read what."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from service_kpis import postgres
from service_kpis.errors import UserError
from tests.company.test_company import RAW_PATH, VARIABLES
from tests.conftest import REPOSITORY

from .engines import PostgreSQL


def load(folder: Path, schema: str = "loaded") -> dict[str, int]:
    return postgres.load_raw(folder, schema, project=REPOSITORY)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A copy of the raw files of the hand-computed company."""
    return Path(shutil.copytree(RAW_PATH, tmp_path / "raw"))


def test_files_become_tables_of_text(server: PostgreSQL, raw: Path) -> None:
    with (raw / "raw_agents.csv").open("a", encoding="utf-8") as file:
        file.write("a line, too short\n")
    rows = load(raw)
    assert rows["raw_tickets"] == 40
    assert server.execute("select count(*), min(source_file) from loaded.raw_tickets") == [
        (40, "raw_tickets.csv")
    ]
    types = server.execute(
        "select distinct data_type from information_schema.columns"
        " where table_schema = 'loaded' and column_name <> 'file_row_number'"
    )
    assert types == [("text",)]
    unreadable = "select unreadable_line from loaded.raw_agents where unreadable_line is not null"
    assert server.execute(unreadable) == [("a line, too short",)]
    assert "business_hours" in rows, "policies too"


def test_a_second_load_replaces_the_first(server: PostgreSQL, raw: Path) -> None:
    load(raw)
    lines = (raw / "raw_tickets.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (raw / "raw_tickets.csv").write_text("".join(lines[:11]), encoding="utf-8")
    (raw / "raw_social_mentions.csv").unlink()
    assert load(raw)["raw_tickets"] == 10
    assert server.execute("select count(*) from loaded.raw_tickets") == [(10,)]
    assert server.execute("select to_regclass('loaded.raw_social_mentions')") == [(None,)]


def test_a_load_that_fails_changes_nothing(server: PostgreSQL, raw: Path) -> None:
    load(raw)
    # PostgreSQL has no zero byte in a text.
    text = (raw / "raw_tickets.csv").read_bytes()
    (raw / "raw_tickets.csv").write_bytes(text.replace(b"\n", b"\n\x00", 2))
    with pytest.raises(UserError, match=r"^PostgreSQL: .*raw_tickets"):
        load(raw)
    assert server.execute("select count(*) from loaded.raw_tickets") == [(40,)]


def test_a_server_that_is_not_there_is_one_line(
    server: PostgreSQL, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_KPIS_PG_PORT", "1")
    with pytest.raises(UserError, match=r"no PostgreSQL database .* at 127\.0\.0\.1:1 ") as caught:
        load(raw)
    assert "\n" not in str(caught.value)


def test_a_database_that_compares_texts_otherwise_is_refused(
    server: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the letters beyond ASCII, lower('É') is 'É'."""
    server.execute("create database ascii template template0 encoding 'UTF8' locale 'C'")
    environment = {**server.environment(), "SERVICE_KPIS_PG_DATABASE": "ascii"}
    monkeypatch.setattr(server, "environment", lambda: environment)
    with pytest.raises(AssertionError, match="database: ascii has encoding UTF8, collation C and letters C"):
        server.dbt("build", "--select", "kpi_catalog")


@pytest.fixture(scope="module")
def built(start_engine) -> PostgreSQL:
    """The server with the company computed by hand, and with the role that an administrator makes once."""
    engine = start_engine("postgres")
    if not engine.execute("select 1 from pg_roles where rolname = 'bi_reader'"):
        engine.execute("create role bi_reader login")
    engine.build(RAW_PATH, VARIABLES, "--exclude-resource-type", "test", "unit_test")
    return engine


def test_what_bi_tools_look_up_has_an_index(built: PostgreSQL) -> None:
    indexed = built.execute("select tablename from pg_indexes where schemaname = 'kpis' order by 1")
    measures = built.execute(
        "select tablename from pg_tables where schemaname = 'kpis' and tablename like 'measures%' order by 1"
    )
    assert indexed == measures != []


def test_the_role_bi_reader_reads_kpis_and_marts_alone(built: PostgreSQL) -> None:
    readable = built.execute(
        """
        select distinct tables.schemaname
        from (
            select schemaname, tablename from pg_tables union all select schemaname, viewname from pg_views
        ) as tables
        where tables.schemaname not in ('pg_catalog', 'information_schema')
            and has_schema_privilege('bi_reader', tables.schemaname, 'usage')
            and has_table_privilege(
                'bi_reader', format('%I.%I', tables.schemaname, tables.tablename), 'select'
            )
        order by 1
        """
    )
    assert readable == [("kpis",), ("marts",)]
    everything = built.execute(
        "select schemaname || '.' || tablename from pg_tables where schemaname in ('kpis', 'marts')"
        " union all select schemaname || '.' || viewname from pg_views where schemaname in ('kpis', 'marts')"
    )
    for (table,) in everything:
        built.execute(f"select * from {table} limit 1", user="bi_reader")
    for table in (
        "helpdesk.raw_tickets",
        "staging.stg_customers",
        "staging.base_customers",
        "quality.rejected_rows",
    ):
        with pytest.raises(Exception, match="permission denied"):
            built.execute(f"select * from {table} limit 1", user="bi_reader")
    with pytest.raises(Exception, match="permission denied"):
        built.execute("delete from kpis.kpi_catalog", user="bi_reader")
