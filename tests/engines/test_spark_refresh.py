"""`service-kpis refresh --target spark`: what readers see, and what becomes of versions.

Most of it is with a stand-in for dbt that builds a small warehouse, in one session for all tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from service_kpis.errors import UserError
from service_kpis.project import DbtRun
from service_kpis.refresh import Outcome, Settings, flow, on_spark
from service_kpis.refresh.audit import read_last
from service_kpis.refresh.dbt_results import FailedTest, save_rows
from service_kpis.refresh.errors import AuditError, BuildError, LockError
from service_kpis.refresh.history import read_journal
from service_kpis.refresh.lock import writer_lock
from service_kpis.refresh.progress import Silence
from service_kpis.refresh.schemas import LAYERS, STATE
from service_kpis.spark_session import SparkError, SparkSession, connected
from tests.company.test_company import RAW_PATH, VARIABLES
from tests.conftest import REPOSITORY
from tests.package.small_warehouse import PRIVATE, RUN_HISTORY, SOUND, TABLES, make_file

from .audits import CHANGES, assert_said, case_of
from .engines import Spark


@pytest.fixture(scope="module")
def engine(start_engine, tmp_path_factory: pytest.TempPathFactory) -> Spark:
    """The engine, with a catalogue of its own."""
    return type(start_engine("spark"))(tmp_path_factory.mktemp("refreshed"))


@pytest.fixture(scope="module")
def session(engine: Spark) -> Iterator[SparkSession]:
    """One session for all stand-ins: to start one takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in engine.environment().items():
            patch.setenv(name, value)
        with connected(REPOSITORY, engine.folder, engine.folder / "spark.log") as session:
            # DuckDB writes instants without a zone.
            session.query("set spark.sql.parquet.inferTimestampNTZ.enabled = false")
            yield session


@pytest.fixture
def catalogue(session: SparkSession) -> Iterator[SparkSession]:
    """The session, with nothing in its catalogue."""
    yield session
    for (schema,) in session.query("show schemas")[1]:
        if schema != "default":
            session.query(f"drop schema {schema} cascade")


def copy_to(session: SparkSession, prefix: str, files: list[Path]) -> None:
    """Puts the tables of DuckDB files into schemas with a prefix, in place of those that are there."""
    for layer in ("kpis", "marts", "quality", "staging"):
        session.query(f"drop schema if exists {prefix}{layer} cascade")
        session.query(f"create schema {prefix}{layer}")
    for file in files:
        folder = file.with_suffix("")
        with duckdb.connect(str(file), read_only=True) as source:
            tables = source.execute(
                "select table_schema, table_name from information_schema.tables where table_schema <> 'main'"
            ).fetchall()
            for schema, table in tables:
                place = folder / f"{schema}.{table}"
                place.mkdir(parents=True)
                source.execute(f"copy {schema}.{table} to '{place}/rows.parquet'")
                session.query(f"create table {prefix}{schema}.{table} using parquet location '{place}'")


# The audit: the same warehouse, the same lines as on DuckDB


@pytest.mark.parametrize(("change", "last_change"), CHANGES)
def test_the_audit_says_on_spark_what_it_says_on_duckdb(
    session: SparkSession, tmp_path: Path, change: str, last_change: str | None
) -> None:
    case = case_of(tmp_path, change, last_change)
    before = None
    if case.last is not None:
        copy_to(session, "blue_", case.last)
        before = read_last(on_spark._Spark(session, "blue_"))
    copy_to(session, "green_", case.new)
    assert_said(case, on_spark._Spark(session, "green_"), before)


def test_rows_that_failed_tests_found_are_written_down(session: SparkSession, tmp_path: Path) -> None:
    rule = "select 'n is odd' as rule, 2 as failing_rows, 'select 1 as n union all select 3' as query"
    tests = [FailedTest("sound_x", 1, rule), FailedTest("broken", 1, "select * from nowhere")]
    assert save_rows(on_spark._Spark(session, "blue_"), tests, tmp_path)
    written = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    assert written["sound_x_1.csv"].split() == ["n", "1", "3"]
    assert written["sound_x.csv"].startswith("rule,failing_rows,query\nn is odd,2,")


def test_readers_see_one_version_in_each_query(engine: Spark, tmp_path: Path) -> None:
    """Three readers ask of three tables at once while four versions are built and published."""
    shutil.copy(engine.folder / "profiles.yml", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.engines.spark_readers", str(tmp_path), "4"],
        env={**os.environ, "SERVICE_KPIS_SPARK_DIR": str(tmp_path / "spark")},
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["errors"] == []
    assert seen["mixed"] == []
    assert seen["versions"] > 1
    assert seen["reads"] > 10


# From its start to its end, with a stand-in for dbt


@dataclass
class StandIn:
    """Does what dbt does: builds a set of schemas, and leaves an account of it.

    Attributes:
        session: Spark.
        folder: for the files of tables.
        change: SQL run on the warehouse, in DuckDB, before it is copied to Spark.
        during: called while it builds.
        answer: how it ends.
        built_upon: the log of builds was there already, at each build.
        named: folders that were made schemas.
    """

    session: SparkSession
    folder: Path
    change: str = ""
    during: Callable[[], None] = lambda: None
    answer: DbtRun = field(default_factory=lambda: DbtRun(succeeded=True))
    built_upon: list[bool] = field(default_factory=list)
    named: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, arguments: list[str], **_: Any) -> DbtRun:
        if arguments[0] == "run-operation":
            self.named.append(json.loads(arguments[arguments.index("--args") + 1]))
            return DbtRun(succeeded=True)
        prefix = json.loads(arguments[arguments.index("--vars") + 1])["schema_prefix"]
        self.built_upon.append("builds" in on_spark._names(self.session, f"{prefix}quality")[0])
        self.during()
        number = len(self.built_upon)
        sql = f"{SOUND}; {RUN_HISTORY}; create table quality.builds as select {number} as n"
        stray = "create table quality.measured_periods as select 1 as n"
        files = [
            make_file(self.folder / f"published_{number}.duckdb", f"{sql}; {stray}", self.change),
            make_file(self.folder / f"private_{number}.duckdb", PRIVATE),
        ]
        copy_to(self.session, prefix, files)
        self._account(Path(arguments[arguments.index("--target-path") + 1]), prefix)
        return self.answer

    def _account(self, target: Path, prefix: str) -> None:
        target.mkdir(exist_ok=True)
        nodes = {}
        for name in (*TABLES, "quality.run_history"):
            schema, table = name.split(".")
            nodes[f"model.service_kpis.{table}"] = {
                "name": table, "schema": prefix + schema, "alias": table, "resource_type": "model",
                "database": None,
            }  # fmt: skip
        results = [{"unique_id": unique_id, "status": "success"} for unique_id in nodes]
        results.append({"unique_id": "test.service_kpis.t.x", "status": "pass", "failures": 0})
        (target / "manifest.json").write_text(json.dumps({"nodes": nodes}))
        (target / "run_results.json").write_text(json.dumps({"results": results}))


@pytest.fixture
def dbt(engine: Spark, catalogue: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn(catalogue, tmp_path)
    monkeypatch.setattr(flow, "run_dbt", stand_in)
    monkeypatch.setattr(on_spark, "run_dbt", stand_in)
    monkeypatch.setattr(on_spark, "connected", lambda *_: nullcontext(catalogue))
    monkeypatch.setattr(on_spark, "find_project", lambda: REPOSITORY)
    monkeypatch.setenv("DBT_PROFILES_DIR", str(engine.folder))
    return stand_in


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    raw = tmp_path / "raw"
    raw.mkdir()
    duckdb.sql(
        "copy (select '1' as ticket_id, 'email' as channel) to $file",
        params={"file": f"{raw}/raw_tickets.parquet"},
    )
    return Settings(project=REPOSITORY, warehouse=tmp_path / "warehouse", raw_path=raw)


def refresh(settings: Settings, **changes: Any) -> Outcome:
    return on_spark.refresh_on_spark(replace(settings, **changes), Silence())


def schemas(session: SparkSession) -> set[str]:
    return {name for (name,) in session.query("show schemas")[1]} - {"default"}


def ask(session: SparkSession, query: str) -> Any:
    """The one cell that a reader finds."""
    ((cell,),) = session.query(query)[1]
    return cell


def test_the_first_version_is_what_readers_find(
    dbt: StandIn, settings: Settings, catalogue: SparkSession
) -> None:
    outcome = refresh(settings)
    assert outcome.is_published
    assert outcome.last is None
    assert not outcome.run.is_incremental
    assert on_spark._names(catalogue, "kpis") == ([], ["kpi_catalog", "kpi_scorecard", "kpi_values"])
    assert ask(catalogue, "select count(*) from marts.fct_tickets") == 2000
    assert ask(catalogue, "select version from quality.run_history") == outcome.manifest.version
    # What no model makes is gone, and the log that the next build goes on from is there, but not for readers.
    assert on_spark._names(catalogue, "blue_quality")[0] == [
        "builds", "rejected_rows", "row_reconciliation", "run_history",
    ]  # fmt: skip
    assert "builds" not in on_spark._names(catalogue, "quality")[1]
    assert on_spark.current_on_spark(settings.warehouse) == outcome.manifest.version
    with pytest.raises(UserError, match="there is no version but"):
        on_spark.roll_back_on_spark(settings.warehouse)


def test_versions_take_turns_and_a_build_goes_on_from_the_one_before(
    dbt: StandIn, settings: Settings, catalogue: SparkSession
) -> None:
    first = refresh(settings).manifest.version
    dbt.change = "update kpis.kpi_values set value = 81 where kpi_key = 'csat_satisfied_pct'"
    second = refresh(settings)
    assert second.last == first
    assert second.comparison.changed_kpis == ("csat_satisfied_pct",)
    assert second.run.changed_kpi_count == 1
    asked = "select max(value) from kpis.kpi_values where kpi_key = 'csat_satisfied_pct'"
    assert ask(catalogue, asked) == 81
    third = refresh(settings)
    assert dbt.built_upon == [False, False, True]
    assert [run.is_incremental for run in (second.run, third.run)] == [False, True]
    found = catalogue.query("select version, status from quality.run_history order by version")[1]
    assert found == [(run, "published") for run in (first, second.run.version, third.run.version)]

    done = on_spark.roll_back_on_spark(settings.warehouse)
    assert (done.before, done.version) == (third.run.version, second.run.version)
    assert ask(catalogue, "select max(version) from quality.run_history") == second.run.version
    listed = on_spark.versions_on_spark(settings.warehouse)
    assert [(version.name, version.is_current) for version in listed] == [
        (third.run.version, False), (second.run.version, True),
    ]  # fmt: skip
    with pytest.raises(UserError, match="is current already"):
        on_spark.roll_back_on_spark(settings.warehouse, to=second.run.version)
    with pytest.raises(UserError, match="there is no version x"):
        on_spark.roll_back_on_spark(settings.warehouse, to="x")
    fourth = refresh(settings)
    assert not fourth.run.is_incremental
    history = catalogue.query("select version, status from quality.run_history order by version")[1]
    assert (third.run.version, "rolled_back") in history
    assert history[-1] == (fourth.run.version, "published")


@pytest.mark.parametrize("full_refresh", [True, False])
def test_a_build_begins_from_nothing_where_it_must(
    dbt: StandIn, settings: Settings, tmp_path: Path, full_refresh: bool
) -> None:
    refresh(settings)
    refresh(settings)
    other = Path(shutil.copytree(settings.raw_path or "", tmp_path / "other"))
    changes: dict[str, Any] = {"full_refresh": True} if full_refresh else {"raw_path": other}
    assert not refresh(settings, **changes).run.is_incremental
    assert dbt.built_upon[-1] is False


def test_a_new_release_may_have_other_columns_and_tables(
    dbt: StandIn, settings: Settings, catalogue: SparkSession
) -> None:
    dbt.change = "create table kpis.kpi_old as select 1 as n; create table marts.fct_costs as select 1 as n"
    refresh(settings)
    dbt.change = (
        "alter table marts.fct_tickets drop column ticket_id; alter table marts.fct_tickets add column a int;"
        " alter table kpis.kpi_values alter column value type varchar"
    )
    seen = []
    show = on_spark._settle

    def look(session: SparkSession, state: Any) -> Any:
        if not state.is_settled:
            seen.append(session.query("select * from marts.fct_tickets limit 1")[0])
        return show(session, state)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(on_spark, "_settle", look)
        patch.setattr(on_spark, "check_sound", lambda *_, **__: None)
        refresh(settings)
    # Readers keep their columns until the new version is in force.
    assert seen == [["ticket_id", "created_at"]]
    assert catalogue.query("select * from marts.fct_tickets limit 1")[0] == ["created_at", "a"]
    assert on_spark._columns(catalogue, "kpis.kpi_values")["value"] == "string"
    assert ask(catalogue, "select count(*) from marts.fct_tickets where created_at is not null") == 2000


def test_what_the_audit_refuses_is_not_seen(
    dbt: StandIn, settings: Settings, catalogue: SparkSession
) -> None:
    refresh(settings)
    second = refresh(settings).manifest.version
    dbt.change = "delete from marts.fct_tickets"
    with pytest.raises(AuditError) as failed:
        refresh(settings)
    assert "marts.fct_tickets: 0 rows" in failed.value.broken[0]
    assert ask(catalogue, "select count(*) from marts.fct_tickets") == 2000
    assert on_spark.current_on_spark(settings.warehouse) == second
    with pytest.raises(UserError, match="there is no version but"):
        on_spark.roll_back_on_spark(settings.warehouse)
    dbt.change = ""
    # What the failed run left is not built upon.
    assert not refresh(settings).run.is_incremental
    assert dbt.built_upon == [False, False, True, False]
    statuses = [
        status for (status,) in catalogue.query("select status from quality.run_history order by version")[1]
    ]
    assert statuses == ["published", "published", "audit_failed", "published"]


def test_a_build_that_fails_is_one_line_and_its_log_is_kept(
    dbt: StandIn, settings: Settings, catalogue: SparkSession
) -> None:
    refresh(settings)
    dbt.answer = DbtRun(succeeded=False, errors=("no such thing",))

    def write_log() -> None:
        logs = settings.warehouse / ".spark" / "logs"
        logs.mkdir()
        (logs / "dbt.log").write_text("said")

    dbt.during = write_log
    with pytest.raises(BuildError, match="the build stopped: no such thing; its log is in"):
        refresh(settings)
    ((log),) = (settings.warehouse / ".failed").rglob("dbt.log")
    assert log.read_text() == "said"
    assert ask(catalogue, "select count(*) from marts.fct_tickets") == 2000


def test_a_refresh_that_was_killed_is_noted_and_harms_nobody(
    dbt: StandIn, settings: Settings, catalogue: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any statement that publishes: readers have one version, and the next refresh goes on from there."""
    first = refresh(settings).manifest.version
    monkeypatch.setattr(on_spark, "_fail", lambda *_: None)
    write, show = on_spark._write_view, on_spark._show
    until_death = 0

    def die_in_time(session: SparkSession, name: str, query: str) -> None:
        nonlocal until_death
        until_death -= 1
        if until_death == 0:
            raise KeyboardInterrupt
        write(session, name, query)

    def show_and_die(*arguments: Any) -> None:
        monkeypatch.setattr(on_spark, "_write_view", die_in_time)
        show(*arguments)

    seen = []
    # The state is written, then seven views, then the state: readers have it. Then views and state again.
    for number in (1, 2, 5, 9, 10, 13, 17):
        until_death = number
        monkeypatch.setattr(on_spark, "_write_view", write)
        monkeypatch.setattr(on_spark, "_show", show_and_die)
        with pytest.raises(KeyboardInterrupt):
            refresh(settings)
        version = ask(catalogue, "select max(version) from quality.run_history where status = 'published'")
        assert version == on_spark.current_on_spark(settings.warehouse)
        assert ask(catalogue, "select count(*) from kpis.kpi_scorecard") == 5
        seen.append(version)
    assert seen[:4] == [first] * 4
    assert len(set(seen[3:])) == 4
    monkeypatch.setattr(on_spark, "_write_view", write)
    monkeypatch.setattr(on_spark, "_show", show)
    last = refresh(settings)
    statuses = dict(catalogue.query("select version, status from quality.run_history")[1])
    assert statuses[last.run.version] == "published"
    assert "killed" in statuses.values()
    assert on_spark._read_state(catalogue).is_settled


def test_a_dry_run_leaves_nothing(dbt: StandIn, settings: Settings, catalogue: SparkSession) -> None:
    trial = refresh(settings, dry_run=True)
    assert not trial.is_published
    assert schemas(catalogue) == set()
    first = refresh(settings)
    before = schemas(catalogue)
    dbt.change = "insert into marts.fct_tickets values (2000, timestamp '2026-07-01 01:00:00')"
    again = refresh(settings, dry_run=True)
    assert again.last == first.manifest.version
    assert again.comparison.row_changes == {"fct_tickets": (2000, 2001)}
    assert schemas(catalogue) == before
    assert ask(catalogue, "select count(*) from marts.fct_tickets") == 2000
    dbt.change = "delete from marts.fct_tickets"
    with pytest.raises(AuditError):
        refresh(settings, dry_run=True)
    assert schemas(catalogue) == before
    assert read_journal(on_spark._own_place(settings.warehouse)) == []
    assert not (settings.warehouse / ".spark" / "trial_loaded").exists()


def test_tables_of_a_build_without_refresh_are_not_thrown_away(
    dbt: StandIn, settings: Settings, catalogue: SparkSession
) -> None:
    catalogue.query("create schema marts")
    catalogue.query("create table marts.fct_tickets using parquet as select 1 as n")
    with pytest.raises(UserError, match=r"marts.fct_tickets is a table, .* `drop schema marts cascade`"):
        refresh(settings)
    assert dbt.built_upon == []


def test_wrong_use_is_one_line(dbt: StandIn, settings: Settings) -> None:
    with pytest.raises(UserError, match="raw_schema staging is the name of a layer"):
        refresh(settings, raw_path=None, variables={"raw_schema": "staging"})
    with pytest.raises(UserError, match="schema_prefix keeps people"):
        refresh(settings, variables={"schema_prefix": "me_"})
    with pytest.raises(UserError, match="nothing is published in this catalogue"):
        on_spark.roll_back_on_spark(settings.warehouse)
    refresh(settings)
    with pytest.raises(UserError, match="this one would be the demo"):
        refresh(settings, raw_path=None)
    with (
        writer_lock(settings.warehouse / ".spark" / ".writer.lock", command="refresh"),
        pytest.raises(LockError, match="a refresh is at work"),
    ):
        refresh(settings)


def test_parquet_is_read_where_it_is_and_csv_as_duckdb_reads_it(
    dbt: StandIn, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, own = settings.raw_path, settings.warehouse / ".spark"
    assert raw is not None
    loaded: list[tuple[Path, Path]] = []
    monkeypatch.setattr(
        on_spark.spark, "load_raw", lambda folder, out, **_: loaded.append((folder, out)) or {}
    )
    refresh(settings)
    assert loaded == []
    (raw / "holidays.csv").write_text("calendar_id,holiday_date\n")
    refresh(settings)
    refresh(settings, dry_run=True)
    assert loaded == [(raw, own / "loaded"), (raw, own / "trial_loaded")]
    assert dbt.named == [
        {"folder": str(raw), "schema": "loaded"},
        {"folder": str(own / "loaded"), "schema": "loaded"},
        {"folder": str(own / "trial_loaded"), "schema": "trial_loaded"},
    ]


def test_a_schema_is_read_as_it_is(dbt: StandIn, settings: Settings, catalogue: SparkSession) -> None:
    catalogue.query("create schema helpdesk")
    catalogue.query("create table helpdesk.raw_tickets using parquet as select 'T1' as ticket_id, 1 as other")
    done = refresh(settings, raw_path=None, variables={"raw_schema": "helpdesk"})
    assert done.manifest.raw_path == "schema helpdesk"
    assert done.manifest.tables == {"raw_tickets": ["ticket_id"]}
    catalogue.query("drop table helpdesk.raw_tickets")
    with pytest.raises(UserError, match="lacks what the last version was built from: table raw_tickets"):
        refresh(settings, raw_path=None, variables={"raw_schema": "helpdesk"})


def test_text_comes_back_as_it_was_written(session: SparkSession) -> None:
    for text in ("it's", "a\\b", 'say "no"', "é\n", "\\'"):
        assert ask(session, f"select {on_spark._constant(text)}") == text
    with pytest.raises(SparkError, match="nowhere"):
        session.query("select * from nowhere")


# The whole of it


def test_the_company_is_refreshed_on_spark(engine: Spark, tmp_path: Path, duckdb_of) -> None:
    """The command, dbt, and a catalogue of their own; the figures are DuckDB's."""
    folder = Path(shutil.copytree(engine.folder, tmp_path / "own", ignore=shutil.ignore_patterns("spark*")))
    raw = Path(shutil.copytree(RAW_PATH, tmp_path / "raw"))
    environment = {
        **os.environ, "SERVICE_KPIS_SPARK_DIR": str(folder / "spark"), "DBT_PROFILES_DIR": str(folder)
    }  # fmt: skip
    variables = yaml.safe_dump(dict(VARIABLES), default_flow_style=True)
    command = [sys.executable, "-m", "service_kpis.cli"]
    options = ["--target", "spark", "--warehouse", str(tmp_path / "warehouse")]

    def run(name: str, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, name, *options, *more], env=environment, capture_output=True, text=True, check=False
        )

    done = run("refresh", "--raw-path", str(raw), "--vars", variables, "--quiet")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("published ")
    assert ", full, " in done.stdout
    listed = run("rollback", "--list")
    assert listed.stdout.startswith(f"* {done.stdout.split()[1].rstrip(':')} "), listed.stderr

    figures = "select kpi_key, count(*), round(sum(value), 6) from kpis.kpi_values group by kpi_key"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SERVICE_KPIS_SPARK_DIR", str(folder / "spark"))
        with connected(REPOSITORY, folder, tmp_path / "spark.log") as session:
            found = sorted(session.query(figures)[1])
            assert {name for name in schemas(session) if name.startswith(("green_", "trial_"))} == set()
            assert {"kpis", "marts", "quality", STATE, *(f"blue_{layer}" for layer in LAYERS[2:])} <= schemas(
                session
            )
    with duckdb.connect(str(duckdb_of(RAW_PATH, VARIABLES, "company").database), read_only=True) as reference:
        expected = sorted(reference.execute(figures).fetchall())
    assert [row[:2] for row in found] == [row[:2] for row in expected]
    assert [row[2] for row in found] == pytest.approx([row[2] for row in expected], rel=1e-9)
