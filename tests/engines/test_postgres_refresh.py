"""`service-kpis refresh --target postgres`: what readers see while it builds, fails, is killed, publishes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from service_kpis.refresh.audit import read_last
from service_kpis.refresh.dbt_results import FailedTest, save_rows
from service_kpis.refresh.errors import LockError
from service_kpis.refresh.flow import Run, Settings
from service_kpis.refresh.layout import Manifest, iso, now
from tests.company.test_company import RAW_PATH, VARIABLES
from tests.conftest import REPOSITORY
from tests.incremental.plan import plan_of_text
from tests.incremental.warehouse import Warehouse

from .audits import CHANGES, assert_said, case_of
from .compare import differences
from .engines import DuckDB, PostgreSQL

# The audit: the same warehouse, the same lines as on DuckDB


def copy_to(cursor, files: list[Path]) -> None:
    """Puts the tables of DuckDB files into the transaction of a cursor, in place of those that it has."""
    types = {"VARCHAR": "text", "DOUBLE": "double precision", "DATE": "date", "TIMESTAMP": "timestamp"}
    types |= {"BOOLEAN": "boolean", "BIGINT": "bigint", "INTEGER": "integer"}
    for layer in ("kpis", "marts", "quality", "staging"):
        cursor.execute(f"drop schema if exists {layer} cascade; create schema {layer}")
    for file in files:
        with duckdb.connect(str(file), read_only=True) as source:
            tables = source.execute(
                "select table_schema, table_name from information_schema.tables where table_schema <> 'main'"
            ).fetchall()
            for schema, table in tables:
                described = source.execute(f"describe {schema}.{table}").fetchall()
                columns = ", ".join(f"{row[0]} {types.get(row[1], 'double precision')}" for row in described)
                cursor.execute(f"create table {schema}.{table} ({columns})")
                rows = source.execute(f"from {schema}.{table}").fetchall()
                values = ", ".join(["%s"] * len(described))
                cursor.executemany(f"insert into {schema}.{table} values ({values})", rows)


@pytest.mark.parametrize(("change", "last_change"), CHANGES)
def test_the_audit_says_on_postgresql_what_it_says_on_duckdb(
    server: PostgreSQL, tmp_path: Path, change: str, last_change: str | None
) -> None:
    from service_kpis.refresh.on_postgres import _Postgres

    case = case_of(tmp_path, change, last_change)
    connection = server.connect()
    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            database = _Postgres(cursor)
            before = None
            if case.last is not None:
                copy_to(cursor, case.last)
                before = read_last(database)
            copy_to(cursor, case.new)
            assert_said(case, database, before)
    finally:
        connection.rollback()
        connection.close()


# The whole of it


class Site:
    """A database that is refreshed by the command line, from a folder of raw files."""

    def __init__(self, server: PostgreSQL, folder: Path, raw: Path, variables: dict[str, Any]):
        self.server = server
        self.raw = raw
        self.variables = variables
        self.warehouse = folder / "warehouse"

    def command(self, name: str, *options: str) -> list[str]:
        return [
            *(sys.executable, "-m", "service_kpis.cli", name, "--target", "postgres"),
            *("--warehouse", str(self.warehouse)),
            *options,
        ]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.server.environment(), "DBT_PROFILES_DIR": str(self.server.folder)}

    def run(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(name, *options), env=self.environment, capture_output=True, text=True, check=False
        )

    def refresh_options(self, *options: str) -> list[str]:
        variables = yaml.safe_dump(self.variables, default_flow_style=True)
        return ["--raw-path", str(self.raw), "--vars", variables, "--quiet", *options]

    def refresh(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("refresh", *self.refresh_options(*options))

    def start_refresh(self, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command("refresh", *self.refresh_options(*options)),
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def schemas(self) -> set[str]:
        return {name for (name,) in self.server.execute("select nspname::text from pg_namespace")}

    def version(self) -> str | None:
        ((found,),) = self.server.execute("select max(version) from quality.run_history")
        return found


@contextmanager
def database_of_its_own(server: PostgreSQL, name: str) -> Iterator[PostgreSQL]:
    """A new database on the running server, while open."""
    server.execute(f"create database {name} template template0 encoding 'UTF8' locale 'C.UTF-8'")
    try:
        yield type(server)(server.folder, server.port, database=name)
    finally:
        server.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def site(start_engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The hand-computed company, in a database with the role of BI tools."""
    server = start_engine("postgres")
    if not server.execute("select 1 from pg_roles where rolname = 'bi_reader'"):
        server.execute("create role bi_reader login")
    folder = tmp_path_factory.mktemp("refresh")
    raw = Path(shutil.copytree(RAW_PATH, folder / "raw"))
    with database_of_its_own(server, "refreshed") as database:
        yield Site(database, folder, raw, VARIABLES)


@pytest.fixture(scope="module")
def first(site: Site) -> str:
    """The first version, by name."""
    ended = site.refresh()
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("published ")
    assert ", full, " in ended.stdout
    return site.version() or ""


def test_the_first_version_is_what_readers_find(site: Site, first: str) -> None:
    assert site.server.execute("select count(*) > 0 from kpis.kpi_values", user="bi_reader") == [(True,)]
    assert site.server.execute("select version, status from quality.run_history") == [(first, "published")]
    # Nothing of an earlier set, and nothing that a reader could take for a version.
    assert not {name for name in site.schemas() if name.startswith(("standby_", "trial_", "leaving_"))}
    listed = site.run("rollback", "--list")
    assert listed.stdout.startswith(f"* {first} "), listed.stderr
    gone_back = site.run("rollback")
    assert gone_back.returncode == 2
    assert gone_back.stderr.startswith(f"error: there is no version but {first}")


def test_published_views_read_no_raw_table(site: Site, first: str) -> None:
    """A load drops raw tables whose columns changed, with the views that read them."""
    found = site.server.execute(
        """
        with recursive
        reads as (
            select distinct rules.ev_class as reader, depends.refobjid as read
            from pg_depend as depends
            inner join pg_rewrite as rules on depends.objid = rules.oid
            where depends.classid = 'pg_rewrite'::regclass and depends.refclassid = 'pg_class'::regclass
        ),
        behind as (
            select reader as published, read from reads
            where reader in (
                select oid from pg_class
                where relnamespace::regnamespace::text in ('kpis', 'marts', 'quality')
            )
            union
            select behind.published, reads.read from behind inner join reads on behind.read = reads.reader
        )
        select published::regclass::text, read::regclass::text from behind
        where read in (select oid from pg_class where relnamespace::regnamespace::text = 'loaded')
        """
    )
    assert found == []


def test_a_dry_run_says_what_would_change_and_leaves_nothing(site: Site, first: str) -> None:
    # The transaction that wrote the rows which the published version was built from.
    loaded = "select max(xmin::text::bigint), count(*) from loaded.raw_tickets"
    before, loaded_before = site.schemas(), site.server.execute(loaded)
    ended = site.refresh("--dry-run")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("sound, not published (dry run) ")
    assert f"Against {first}:" in ended.stdout
    assert "no mart, no figure of the past and no signal changes" in ended.stdout
    assert site.schemas() == before
    assert site.server.execute(loaded) == loaded_before
    assert site.version() == first


def test_what_the_audit_refuses_is_not_seen(site: Site, first: str, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    ended = site.refresh("--max-age", "1", "--notify", f"tee {told}")
    assert ended.returncode == 3
    assert "audit: the newest row is of " in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("error: the audit found 1 rule broken")
    assert site.version() == first
    document = json.loads(told.read_text(encoding="utf-8"))
    assert document["event"] == "failure"
    assert document["current_version"] == first
    assert document["warehouse"].endswith("/refreshed")
    with pytest.raises(Exception, match="permission denied"):
        site.server.execute("select 1 from standby_kpis.kpi_values", user="bi_reader")


def test_a_killed_refresh_and_the_next_one_while_readers_ask(site: Site, first: str) -> None:
    """Readers find one version from beginning to end of each transaction, whatever happens to the builds."""
    # Of the refresh before, which failed: so that this one can be seen to be at it.
    site.server.execute("drop schema if exists standby_marts cascade")
    process = site.start_refresh()
    deadline = time.monotonic() + 300
    while "standby_marts" not in site.schemas() and time.monotonic() < deadline:
        time.sleep(0.2)
    busy = site.refresh()
    assert busy.returncode == 4
    assert f"service-kpis refresh {process.pid}@" in busy.stderr
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert site.version() == first

    costs = site.raw / "raw_costs.csv"
    costs.write_text(costs.read_text(encoding="utf-8").replace(",3000,EUR", ",4000,EUR"), encoding="utf-8")
    total = "select sum(cast(value as decimal(38, 6)))::text from kpis"
    both_tables = f"select ({total}.kpi_values), ({total}.kpi_scorecard)"
    seen: list[tuple] = []
    failures: list[str] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            try:
                connection = site.server.connect("bi_reader")
                with connection.cursor() as cursor:
                    cursor.execute(both_tables)
                    seen.extend(cursor.fetchall())
                connection.close()
            except Exception as error:
                failures.append(str(error))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        ended = site.refresh()
    finally:
        is_over.set()
        for reader in readers:
            reader.join()
    assert ended.returncode == 0, ended.stderr
    assert failures == []
    assert len(seen) > 10
    assert len(set(seen)) == 2
    statuses = site.server.execute("select status from quality.run_history order by version")
    assert statuses == [("published",), ("audit_failed",), ("killed",), ("published",)]


def test_a_refresh_builds_on_the_version_before_and_can_be_taken_back(site: Site, first: str) -> None:
    second = site.version()
    ended = site.refresh()
    assert ended.returncode == 0, ended.stderr
    assert ", incremental, " in ended.stdout
    third = site.version()
    assert third not in (first, second)
    # A build of everything, in a set of its own, finds nothing that differs.
    trial = site.refresh("--dry-run")
    assert "no mart, no figure of the past and no signal changes" in trial.stdout, trial.stderr

    gone_back = site.run("rollback")
    assert gone_back.stdout == f"current is {second} now; it was {third}.\n", gone_back.stderr
    assert site.version() == second
    assert site.server.execute("select count(*) > 0 from kpis.kpi_values", user="bi_reader") == [(True,)]
    with pytest.raises(Exception, match="permission denied"):
        site.server.execute("select 1 from standby_kpis.kpi_values", user="bi_reader")
    assert site.run("rollback", "--to", second).stderr == f"error: {second} is current already.\n"
    assert site.run("rollback", "--to", "x").returncode == 2
    listed = site.run("rollback", "--list").stdout.splitlines()
    assert [line[:2] + line.split()[-6] for line in listed] == [f"  {third}", f"* {second}"]


def test_a_refresh_reads_what_arrived_since_the_version_before_the_current_one(
    start_engine, tmp_path: Path
) -> None:
    """Two deliveries at once are no other figures than DuckDB builds from all rows."""
    plan = plan_of_text("2 / @1 late:17 version:5 / @2 children:8 deleted:2 money:1 / @3 late:4 version:9")
    files = Warehouse(tmp_path)
    company = files.company(plan.company)
    files.start(company)
    with database_of_its_own(start_engine("postgres"), "daily") as database:
        site = Site(database, tmp_path, files.raw, {})
        for number, delivery in enumerate([None, *plan.loads]):
            if delivery is not None:
                files.deliver(files.rows(company, delivery), str(delivery))
            ended = site.refresh()
            assert ended.returncode == 0, ended.stderr
            # The first two times there is no version before the current one.
            is_whole = "whole" in database.events_of_last_build()
            assert is_whole == (number < 2)
            assert (", full, " in ended.stdout) == is_whole
        found = differences(database, DuckDB(files.full_build().parent), tmp_path / "cells")
    assert not found, "\n".join(found)


def test_a_run_that_lost_its_lock_leaves_the_other_one_alone(server: PostgreSQL, tmp_path: Path) -> None:
    from service_kpis.refresh import on_postgres as module

    settings = Settings(project=REPOSITORY, warehouse=tmp_path)
    run = Run("1", now(), {}, [])
    try:
        with module._transaction() as database:
            module._make_state(database)
            module._note(database, module.AT_WORK, Manifest("2", iso(now()), finished_at=""))
            with pytest.raises(LockError, match="another refresh has begun"):
                module._check_that_it_is_ours(database, run, settings)
        module._fail(run, settings, tmp_path, LockError("lost"))
        with module._transaction() as database:
            assert module._manifest(database, module.AT_WORK).version == "2"
            assert [record.version for record in module._runs(database)] == ["1"]
    finally:
        server.execute("drop schema refresh cascade")


def test_a_table_that_is_missing_is_one_line(site: Site, first: str) -> None:
    tickets = site.raw / "raw_tickets.csv"
    text = tickets.read_text(encoding="utf-8")
    tickets.unlink()
    try:
        ended = site.refresh()
    finally:
        tickets.write_text(text, encoding="utf-8")
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "lacks what the last version was built from: table raw_tickets" in ended.stderr


def test_a_wrong_number_is_rejected_and_counted(site: Site, first: str) -> None:
    costs = site.raw / "raw_costs.csv"
    text = costs.read_text(encoding="utf-8")
    costs.write_text(text + 'x99,2025-02-29,software,,,"12,5",EUR\n', encoding="utf-8")
    try:
        ended = site.refresh("--dry-run")
    finally:
        costs.write_text(text, encoding="utf-8")
    assert ended.returncode == 0, ended.stderr
    assert "322 rows read, 13 rejected" not in ended.stdout
    assert "323 rows read, 14 rejected" in ended.stdout


def test_schemas_of_layers_are_not_taken_for_raw_tables(site: Site) -> None:
    ended = site.run("refresh", "--vars", "{raw_schema: staging}")
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: raw_schema staging is the name of a layer of the warehouse")


def test_rows_that_failed_tests_found_are_written_down(server: PostgreSQL, tmp_path: Path) -> None:
    from service_kpis.refresh.on_postgres import _statements

    rule = "select 'n is odd' as rule, 2 as failing_rows, 'select 1 as n union all select 3' as query"
    tests = [
        FailedTest("broken", 1, "select * from nowhere"),
        FailedTest("never reached", 1, "select 1 as n"),
    ]
    with _statements() as database:
        assert save_rows(database, [FailedTest("sound_x", 1, rule), *tests], tmp_path)
    written = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    assert written["sound_x_1.csv"] == "n\n1\n3\n"
    assert written["sound_x.csv"].startswith("rule,failing_rows,query\nn is odd,2,")
    assert "never_reached.csv" not in written
