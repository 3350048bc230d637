"""A refresh from its start to its end, with a stand-in for dbt that builds a small sound warehouse.

What dbt itself does, and the warehouse that it builds, is in test_refresh_warehouse.py.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest

from service_kpis import cli
from service_kpis.errors import UserError
from service_kpis.project import DbtRun
from service_kpis.refresh import Outcome, Settings, Warehouse, flow, publish, roll_back
from service_kpis.refresh import refresh as refresh_once
from service_kpis.refresh import run as module
from service_kpis.refresh.errors import AuditError, BuildError, DiskError
from service_kpis.refresh.history import history_of_file, read_journal
from service_kpis.refresh.layout import now
from service_kpis.refresh.lock import writer_lock
from service_kpis.refresh.progress import Silence
from tests.package.small_warehouse import PRIVATE, RUN_HISTORY, SOUND, TABLES

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class StandIn:
    """Does what dbt does: builds both files, and leaves an account of it.

    Attributes:
        change: SQL run on the published file after it is built.
        during: called while it builds.
        answer: how it ends.
        results: further results in its account.
        calls: arguments of each call.
        built_upon: the tables that were there already, at each call.
    """

    change: str = ""
    during: Callable[[], None] = lambda: None
    answer: DbtRun = field(default_factory=lambda: DbtRun(succeeded=True))
    results: list[dict[str, Any]] = field(default_factory=list)
    calls: list[list[str]] = field(default_factory=list)
    built_upon: list[bool] = field(default_factory=list)

    def __call__(self, arguments: list[str], *, environment: dict[str, str], **_: Any) -> DbtRun:
        self.calls.append(arguments)
        build = Path(environment["SERVICE_KPIS_REFRESH_PATH"])
        published, private = build / "service_kpis.duckdb", build / "service_kpis_private.duckdb"
        self.built_upon.append(published.exists() and private.exists())
        self.during()
        for file, sql in ((published, f"{SOUND}; {RUN_HISTORY}; {self.change}"), (private, PRIVATE)):
            with duckdb.connect(str(file)) as connection:
                for schema in ("kpis", "marts", "quality", "staging"):
                    connection.execute(f"drop schema if exists {schema} cascade")
                connection.execute(sql)
        self._account(build / "target")
        return self.answer

    def _account(self, target: Path) -> None:
        target.mkdir()
        nodes = {
            f"model.service_kpis.{table.split('.')[1]}": {
                "name": table.split(".")[1],
                "schema": table.split(".")[0],
                "alias": table.split(".")[1],
                "resource_type": "model",
                "database": "service_kpis",
            }
            for table in (*TABLES, "quality.run_history")
        }
        results = [{"unique_id": unique_id, "status": "success"} for unique_id in nodes]
        results += [
            {"unique_id": f"test.service_kpis.t{number}.x", "status": status, "failures": 0}
            for number, status in enumerate(["pass", "pass", "warn"])
        ]
        (target / "manifest.json").write_text(json.dumps({"nodes": nodes}))
        (target / "run_results.json").write_text(json.dumps({"results": results + self.results}))


@pytest.fixture
def dbt(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setattr(flow, "run_dbt", stand_in)
    return stand_in


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested here does not depend on it."""
    monkeypatch.setattr(publish, "fsync", lambda _: None)


@pytest.fixture(autouse=True)
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "profiles"
    folder.mkdir()
    shutil.copy(REPOSITORY / "profiles.yml.example", folder / "profiles.yml")
    monkeypatch.setenv("DBT_PROFILES_DIR", str(folder))
    monkeypatch.delenv("SERVICE_KPIS_RAW_PATH", raising=False)
    return folder


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "raw_tickets.csv").write_text("ticket_id,created_at,channel\n1,2026-07-01,email\n")
    (folder / "raw_costs.csv").write_text("cost_id,amount\n")
    return folder


@pytest.fixture
def settings(tmp_path: Path, raw: Path) -> Settings:
    return Settings(project=REPOSITORY, warehouse=tmp_path / "warehouse", raw_path=raw)


@pytest.fixture
def warehouse(settings: Settings) -> Warehouse:
    return Warehouse(settings.warehouse)


def refresh(settings: Settings, **changes: Any) -> Outcome:
    return refresh_once(replace(settings, **changes), Silence())


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def fails_without_a_trace(
    settings: Settings, error: type[UserError], match: str, *, is_first: bool = False, **changes: Any
) -> UserError:
    """Refresh, which must fail like this; what was published, and what it was built from, is as it was."""
    warehouse = Warehouse(settings.warehouse)
    current = warehouse.current_version()
    before = files_of(warehouse.versions) | files_of(warehouse.states)
    with pytest.raises(error, match=match) as raised:
        refresh(settings, **changes)
    assert "\n" not in str(raised.value)
    assert is_first or current
    assert warehouse.current_version() == current
    assert files_of(warehouse.versions) | files_of(warehouse.states) == before
    assert not warehouse.build.exists()
    assert not warehouse.trash.exists()
    return raised.value


# It goes well


def test_the_first_refresh_is_a_full_one(dbt: StandIn, settings: Settings, warehouse: Warehouse) -> None:
    outcome = refresh(settings)
    assert warehouse.current_version() == outcome.run.version
    assert dbt.built_upon == [False]
    assert "--full-refresh" not in dbt.calls[0]
    assert outcome.manifest.tables == {
        "raw_tickets": ["ticket_id", "channel", "created_at"],
        "raw_costs": ["cost_id", "amount"],
    }
    (record,) = history_of_file(warehouse.database(outcome.run.version))
    assert (record.status, record.rows_read, record.rows_rejected) == ("published", 2601, 2)
    assert (record.tests_passed, record.tests_warned, record.changed_kpi_count) == (2, 1, None)
    assert warehouse.manifest(outcome.run.version) == outcome.manifest


def test_unit_tests_are_left_out(dbt: StandIn, settings: Settings) -> None:
    refresh(settings, variables={"min_responses": 5})
    arguments = dbt.calls[0]
    assert arguments[arguments.index("--exclude-resource-type") + 1] == "unit_test"
    assert json.loads(arguments[arguments.index("--vars") + 1]) == {
        "min_responses": 5,
        "raw_path": str(settings.raw_path),
    }


def test_the_next_one_is_built_upon_it(dbt: StandIn, settings: Settings, warehouse: Warehouse) -> None:
    first = refresh(settings)
    published = warehouse.database(first.run.version).read_bytes()
    dbt.change = "update kpis.kpi_values set value = 11 where kpi_key = 'nps'"
    second = refresh(settings)
    assert dbt.built_upon == [False, True]
    assert (second.last, second.run.is_incremental) == (first.run.version, True)
    assert second.comparison.changed_kpis == ("nps",)
    assert warehouse.database(first.run.version).read_bytes() == published
    history = history_of_file(warehouse.database(second.run.version))
    assert [record.version for record in history] == [first.run.version, second.run.version]
    assert history[1].changed_kpi_count == 1


@pytest.mark.parametrize("reason", ["asked", "another folder", "no private file", "another layout"])
def test_or_upon_nothing(
    dbt: StandIn, settings: Settings, warehouse: Warehouse, tmp_path: Path, reason: str
) -> None:
    version = refresh(settings).run.version
    changes: dict[str, Any] = {}
    if reason == "asked":
        changes = {"full_refresh": True}
    elif reason == "another folder":
        shutil.copytree(settings.raw_path, tmp_path / "elsewhere")  # type: ignore[arg-type]
        changes = {"raw_path": tmp_path / "elsewhere"}
    elif reason == "no private file":
        shutil.rmtree(warehouse.states)
    else:
        file = warehouse.versions / version / "manifest.json"
        said = json.loads(file.read_text())
        file.unlink()
        file.write_text(json.dumps({**said, "layout": 0}))
    assert refresh(settings, **changes).run.is_incremental is False
    assert dbt.built_upon == [False, False]
    assert ("--full-refresh" in dbt.calls[1]) is (reason == "asked")


def test_versions_beyond_those_to_keep_go(dbt: StandIn, settings: Settings, warehouse: Warehouse) -> None:
    names = [refresh(settings, keep=2).run.version for _ in range(3)]
    assert warehouse.published_versions() == names[1:]
    assert len(history_of_file(warehouse.database(names[2]))) == 3


def test_what_no_model_makes_is_not_published(dbt: StandIn, settings: Settings, warehouse: Warehouse) -> None:
    dbt.change = "create table main.leftovers (a int); create view marts.old as select 1 as a"
    version = refresh(settings).run.version
    with duckdb.connect(str(warehouse.database(version)), read_only=True) as connection:
        tables = connection.execute("select count(*) from information_schema.tables").fetchone()
    assert tables == (len(TABLES) + 1,)


def test_after_a_rollback_the_history_says_so(dbt: StandIn, settings: Settings, warehouse: Warehouse) -> None:
    names = [refresh(settings).run.version for _ in range(2)]
    roll_back(warehouse)
    names.append(refresh(settings).run.version)
    # The private file is that of the version gone back from.
    assert dbt.built_upon == [False, True, False]
    history = history_of_file(warehouse.database(names[2]))
    assert [(record.version, record.status) for record in history] == list(
        zip(names, ["published", "rolled_back", "published"], strict=True)
    )
    assert read_journal(warehouse) == []


def test_a_dry_run_leaves_nothing(dbt: StandIn, settings: Settings, warehouse: Warehouse) -> None:
    outcome = refresh(settings, dry_run=True)
    assert not outcome.is_published
    assert not warehouse.root.exists()
    refresh(settings)
    before = files_of(warehouse.root)
    dbt.change = "update kpis.kpi_scorecard set signal = 'run_of_8' where kpi_key = 'nps'"
    outcome = refresh(settings, dry_run=True)
    assert [signal.kpi_key for signal in outcome.comparison.new_signals] == ["nps"]
    assert files_of(warehouse.root) == before


def test_a_dry_run_that_fails_leaves_nothing(dbt: StandIn, settings: Settings, warehouse: Warehouse) -> None:
    dbt.answer = DbtRun(succeeded=False, errors=("a reason",))
    with pytest.raises(BuildError, match=r"the build stopped: a reason\.$"):
        refresh(settings, dry_run=True)
    assert not warehouse.root.exists()


# It does not


def test_a_failed_build_publishes_nothing(dbt: StandIn, settings: Settings, warehouse: Warehouse) -> None:
    refresh(settings)
    dbt.answer = DbtRun(succeeded=False, errors=("Binder Error: no such column",))
    dbt.results = [{"unique_id": "model.service_kpis.fct_contacts", "status": "error"}]
    fails_without_a_trace(
        settings, BuildError, "the build stopped: Binder Error: no such column; its log is in"
    )
    (record,) = read_journal(warehouse)
    assert (record.status, record.reason, record.is_incremental) == ("build_failed", "fct_contacts", True)
    dbt.answer, dbt.results = DbtRun(succeeded=True), []
    third = refresh(settings)
    history = history_of_file(warehouse.database(third.run.version))
    assert [record.status for record in history] == ["published", "build_failed", "published"]
    assert not warehouse.journal.exists()


def test_a_failed_test_says_where_its_rows_are(
    dbt: StandIn, settings: Settings, warehouse: Warehouse
) -> None:
    refresh(settings)
    rule = (
        "select 'ticket_id occurs once' as rule, 2 as failing_rows,"
        " 'select ticket_id from marts.fct_tickets where ticket_id < 2' as query"
    )
    dbt.answer = DbtRun(succeeded=False, errors=("Failure in test assert_x: Got 3 results",))
    dbt.results = [
        {
            "unique_id": "test.service_kpis.assert_x",
            "status": "fail",
            "failures": 3,
            "compiled_code": "select 7 as n",
        },
        {"unique_id": "test.service_kpis.sound_x.1", "status": "fail", "failures": 2, "compiled_code": rule},
    ]
    error = fails_without_a_trace(
        settings,
        BuildError,
        r"data tests failed: assert_x \(3 rows\), sound_x \(2 rows\); their rows are in ",
    )
    folder = Path(str(error).split(" are in ")[1].removesuffix("."))
    assert {file.name: file.read_text() for file in folder.glob("*.csv")} == {
        "assert_x.csv": "n\n7\n",
        "sound_x.csv": f"rule,failing_rows,query\nticket_id occurs once,2,{rule.split(chr(39))[3]}\n",
        "sound_x_1.csv": "ticket_id\n0\n1\n",
    }
    assert folder.stat().st_mode & 0o077 == 0
    assert read_journal(warehouse)[0].reason == "assert_x, sound_x"


def test_a_failed_audit_publishes_nothing(dbt: StandIn, settings: Settings, warehouse: Warehouse) -> None:
    refresh(settings)
    dbt.change = "delete from marts.fct_tickets where ticket_id < 1000"
    error = fails_without_a_trace(settings, AuditError, r"1 rule broken \(--allow-shrink")
    assert isinstance(error, AuditError)
    assert error.broken == ("marts.fct_tickets: 1,000 rows, the last version had 2,000 (allowed: 10% less)",)
    assert read_journal(warehouse)[0].status == "audit_failed"
    assert refresh(settings, allow_shrink=True).is_published
    dbt.change = "update kpis.kpi_values set value = 1000"
    fails_without_a_trace(settings, AuditError, "broken", allow_shrink=True)


def test_limits_come_from_options_and_variables(dbt: StandIn, settings: Settings) -> None:
    refresh(settings)
    dbt.change = "delete from marts.fct_tickets where ticket_id < 300"
    assert refresh(settings, max_shrink=0.2, dry_run=True)
    dbt.change = (
        "update quality.row_reconciliation set rows_rejected = 102, rows_accepted = 398 where rows_read = 500"
    )
    fails_without_a_trace(settings, AuditError, "1 rule broken")
    assert refresh(settings, variables={"max_rejected_share": 0.5}, dry_run=True)
    dbt.change = 'update quality.rejected_rows set raw_values = \'{"email": "a@example.com"}\''
    fails_without_a_trace(settings, AuditError, "1 rule broken")
    assert refresh(settings, variables={"mask_personal_data": False}, dry_run=True)
    dbt.change = ""
    fails_without_a_trace(settings, AuditError, "1 rule broken", max_age_hours=0.001)


def test_a_clock_that_stepped_back(dbt: StandIn, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh(settings)
    monkeypatch.setattr(module, "now", lambda: now() - timedelta(days=1))
    fails_without_a_trace(settings, UserError, "the clock stepped back: it says .* set the clock right")
    assert len(dbt.calls) == 1


def test_a_file_that_grows_while_it_is_read(dbt: StandIn, settings: Settings, raw: Path) -> None:
    refresh(settings)

    def grow() -> None:
        with (raw / "raw_tickets.csv").open("a") as file:
            file.write("2,2026-07-02,email\n")

    dbt.during = grow
    fails_without_a_trace(
        settings, UserError, r"changed while it was read \(raw_tickets.csv went from 48 to 67 bytes\)"
    )


@pytest.mark.parametrize("change", ["appeared", "vanished", "was written again"])
def test_a_folder_that_changes_while_it_is_read(
    dbt: StandIn, settings: Settings, raw: Path, change: str
) -> None:
    refresh(settings)
    file = raw / "raw_costs.csv"

    def other() -> None:
        if change == "appeared":
            (raw / "raw_contacts.csv").write_text("contact_id\n")
        elif change == "vanished":
            file.unlink()
        else:
            text = file.read_text()
            file.unlink()
            file.write_text(text)
            os.utime(file, ns=(1, 1))

    dbt.during = other
    fails_without_a_trace(settings, UserError, change)


@pytest.mark.parametrize(
    ("file", "text", "missing"),
    [
        ("raw_costs.csv", None, "table raw_costs"),
        ("raw_tickets.csv", "ticket_id,created_at\n", "column channel of raw_tickets"),
    ],
)
def test_a_delivery_that_lost_something(
    dbt: StandIn, settings: Settings, raw: Path, file: str, text: str | None, missing: str
) -> None:
    refresh(settings)
    if text is None:
        (raw / file).unlink()
    else:
        (raw / file).write_text(text)
    fails_without_a_trace(settings, UserError, f"lacks what the last version was built from: {missing};")
    assert len(dbt.calls) == 1
    assert refresh(settings, allow_shrink=True).is_published


def test_the_demo_does_not_take_the_place_of_data(dbt: StandIn, settings: Settings) -> None:
    refresh(settings)
    fails_without_a_trace(
        settings, UserError, "and this one would be the demo: name the folder", raw_path=None
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PAR1 is not enough", "raw_agents.parquet is no whole Parquet file"),
        (b"", "raw_agents.parquet is no whole Parquet file"),
    ],
)
def test_a_parquet_file_that_is_none(
    dbt: StandIn, settings: Settings, raw: Path, content: bytes, reason: str
) -> None:
    refresh(settings)
    (raw / "raw_agents.parquet").write_bytes(content)
    fails_without_a_trace(settings, UserError, reason)


def test_a_parquet_file_with_a_hole(dbt: StandIn, settings: Settings, raw: Path) -> None:
    file = raw / "raw_agents.parquet"
    duckdb.sql("select range as agent_id, md5(range::varchar) as team from range(50000)").write_parquet(
        str(file)
    )
    refresh(settings)
    content = bytearray(file.read_bytes())
    content[1000:60000] = bytes(59000)
    file.write_bytes(content)
    dbt.answer = DbtRun(succeeded=False, errors=("Snappy decompression failure",))
    fails_without_a_trace(
        settings, UserError, r"raw_agents.parquet is no whole Parquet file \(.+\): deliver it again"
    )


@pytest.mark.parametrize(
    ("errors", "signal_number", "error", "reason"),
    [
        (
            ("raw inputs: raw_tickets.csv has no column status",),
            0,
            UserError,
            "^raw inputs: raw_tickets.csv has",
        ),
        (("variables: there is no variable min_response",), 0, UserError, "^variables: there is no variable"),
        (
            ("IO Error: Could not write: No space left on device",),
            0,
            DiskError,
            "the disk is full at .* GB free",
        ),
        ((), 9, BuildError, "ended by signal 9, perhaps for want of memory"),
        ((), 11, BuildError, "ended by signal 11, that is a crash"),
        ((), 0, BuildError, "dbt stopped without saying why"),
    ],
)
def test_each_end_of_dbt_has_its_words(
    dbt: StandIn,
    settings: Settings,
    errors: tuple[str, ...],
    signal_number: int,
    error: type[UserError],
    reason: str,
) -> None:
    refresh(settings)
    dbt.answer = DbtRun(succeeded=False, errors=errors, signal=signal_number)
    assert type(fails_without_a_trace(settings, error, reason)) is error


def test_a_full_disk_at_the_end(dbt: StandIn, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh(settings)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "place", full)
    with pytest.raises(DiskError, match="the disk is full"):
        refresh(settings)
    monkeypatch.undo()


def test_no_room_for_the_copies(dbt: StandIn, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh(settings)
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    fails_without_a_trace(settings, DiskError, "no room for a copy of the last version")


def test_a_killed_run_is_noted_by_the_next(dbt: StandIn, settings: Settings, warehouse: Warehouse) -> None:
    refresh(settings)
    warehouse.build.mkdir()
    (warehouse.build / "owner.json").write_text(
        json.dumps({"version": "20261105T020000.000Z", "started_at": "2026-11-05T02:00:00.000Z", "pid": 1})
    )
    (warehouse.build / "service_kpis.duckdb").write_text("half")
    outcome = refresh(settings)
    history = {
        record.version: record.status for record in history_of_file(warehouse.database(outcome.run.version))
    }
    assert history["20261105T020000.000Z"] == "killed"
    assert dbt.built_upon == [False, True]


# What it reads before it starts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "no .*profiles.yml: copy .*profiles.yml.example there"),
        ("service_kpis: [", r"profiles.yml, line \d+ is no YAML"),
        ("service_kpis: {outputs: {duckdb: {type: duckdb}}}", "has no target refresh"),
        ("other: {}", "has no target refresh"),
        ("service_kpis: {outputs: {refresh: {type: postgres}}}", "is not of type duckdb"),
        (b"\xff\xfe\x00", r"cannot be read \(it is no text in UTF-8\)"),
    ],
)
def test_a_profile_that_will_not_do(
    dbt: StandIn, settings: Settings, profiles: Path, text: str | bytes | None, reason: str
) -> None:
    file = profiles / "profiles.yml"
    if text is None:
        file.unlink()
    elif isinstance(text, bytes):
        file.write_bytes(text)
    else:
        file.write_text(text)
    fails_without_a_trace(settings, UserError, reason, is_first=True)
    assert dbt.calls == []


def test_a_profile_that_is_a_folder(dbt: StandIn, settings: Settings, profiles: Path) -> None:
    (profiles / "profiles.yml").unlink()
    (profiles / "profiles.yml").mkdir()
    fails_without_a_trace(
        settings, UserError, r"profiles.yml cannot be read \(is a directory\)", is_first=True
    )


@pytest.mark.parametrize(
    ("variables", "reason"),
    [({"raw_schema": "x"}, "raw_schema names"), ({"schema_prefix": "x"}, "schema_prefix")],
)
def test_variables_without_a_place_in_a_refresh(
    dbt: StandIn, settings: Settings, variables: dict[str, str], reason: str
) -> None:
    fails_without_a_trace(settings, UserError, reason, is_first=True, variables=variables)


@pytest.mark.parametrize("path", ["nowhere", "empty"])
def test_a_wrong_raw_path(dbt: StandIn, settings: Settings, tmp_path: Path, path: str) -> None:
    (tmp_path / "empty").mkdir()
    reason = "no folder at" if path == "nowhere" else "no file of a raw table in"
    fails_without_a_trace(settings, UserError, reason, is_first=True, raw_path=tmp_path / path)


# The command line


@pytest.fixture
def run_cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Settings):
    """A function that runs `service-kpis`; gives exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        command = [*arguments, "--warehouse", str(settings.warehouse)]
        monkeypatch.setattr(sys, "argv", ["service-kpis", *command])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_one_line_says_how_it_went(dbt: StandIn, run_cli, raw: Path) -> None:
    code, out, err = run_cli("refresh", "--raw-path", str(raw))
    assert code == 0
    assert out.startswith("published 2")
    assert out.endswith(" s\n")
    assert ": 2,601 rows read, 2 rejected, 2 tests passed, 1 warned, full, " in out
    assert out.count("\n") == 1
    assert [line.split(" s  ")[1] for line in err.splitlines()] == [
        "Building and testing",
        "Auditing",
        "Publishing",
    ]
    code, out, err = run_cli("refresh", "--raw-path", str(raw), "--quiet")
    assert (code, err) == (0, "")
    assert ", 0 KPIs changed, 0 new signals, incremental, " in out


def test_the_environment_names_the_folder(
    dbt: StandIn, run_cli, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_KPIS_RAW_PATH", str(raw))
    assert run_cli("refresh")[0] == 0
    variables = dbt.calls[0][dbt.calls[0].index("--vars") + 1]
    assert json.loads(variables) == {"raw_path": str(raw)}


def test_a_dry_run_says_what_would_change(dbt: StandIn, run_cli, raw: Path) -> None:
    arguments = ("refresh", "--raw-path", str(raw), "--quiet")
    assert "It would be the first version." in run_cli(*arguments, "--dry-run")[1]
    run_cli(*arguments)
    assert "no mart, no figure of the past and no signal changes" in run_cli(*arguments, "--dry-run")[1]
    dbt.change = (
        "delete from marts.fct_tickets where ticket_id < 5;"
        " update kpis.kpi_values set value = 12 where kpi_key = 'nps';"
        " update kpis.kpi_scorecard set signal = 'trend_of_6' where kpi_key = 'nps'"
    )
    code, out, _ = run_cli(*arguments, "--dry-run")
    assert code == 0
    assert out.startswith("sound, not published (dry run) 2")
    for line in (
        "  marts.fct_tickets: 2,000 to 1,995 rows",
        "  figures of the past change: nps",
        "  signal: NPS, month of 2026-06-01: trend_of_6",
    ):
        assert line in out.splitlines()


def test_each_failure_has_its_exit_code(
    dbt: StandIn, run_cli, raw: Path, warehouse: Warehouse, tmp_path: Path
) -> None:
    arguments = ("refresh", "--raw-path", str(raw), "--quiet")
    assert run_cli(*arguments)[0] == 0
    dbt.change = "update kpis.kpi_values set value = 101 where kpi_key = 'csat_satisfied_pct'"
    code, out, err = run_cli(*arguments)
    assert (code, out) == (3, "")
    assert err.splitlines() == [
        "audit: csat_satisfied_pct: 3 figures out of range (from 101 to 101)",
        "error: the audit found 1 rule broken (--allow-shrink, if less than before is right).",
    ]
    dbt.change, dbt.answer = "", DbtRun(succeeded=False, errors=("a reason",))
    assert run_cli(*arguments)[0] == 1
    dbt.answer = DbtRun(succeeded=False, errors=("Could not write: No space left on device",))
    assert run_cli(*arguments)[0] == 5
    assert run_cli("refresh", "--raw-path", str(tmp_path / "nowhere"))[0] == 2
    assert run_cli("refresh", "--keep", "1")[0] == 2
    assert run_cli("refresh", "--vars", "[")[0] == 2
    with writer_lock(warehouse.lock, command="refresh"):
        code, _, err = run_cli(*arguments)
        assert code == 4
        assert err.startswith("error: a refresh is at work for ")
        assert run_cli("rollback")[0] == 4


def test_a_scheduler_may_stop_it(dbt: StandIn, run_cli, raw: Path, warehouse: Warehouse) -> None:
    run_cli("refresh", "--raw-path", str(raw), "--quiet")
    current = warehouse.current_version()
    dbt.during = lambda: os.kill(os.getpid(), signal.SIGTERM)
    code, out, err = run_cli("refresh", "--raw-path", str(raw), "--quiet")
    assert (code, out, err) == (
        143,
        "",
        "error: stopped by SIGTERM; `service-kpis rollback --list` shows which version is current.\n",
    )
    assert warehouse.current_version() == current
    assert not warehouse.build.exists()
    assert [record.status for record in read_journal(warehouse)] == ["stopped"]


def test_rollback_says_what_it_did(dbt: StandIn, run_cli, raw: Path, warehouse: Warehouse) -> None:
    for _ in range(2):
        run_cli("refresh", "--raw-path", str(raw), "--quiet")
    first, second = warehouse.published_versions()
    assert run_cli("rollback") == (0, f"current is {first} now; it was {second}.\n", "")
    code, out, _ = run_cli("rollback", "--list")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()] == [[second, "2,601"], ["*", first]]
    assert run_cli("rollback", "--to", second)[0] == 0
    assert run_cli("rollback", "--to", second) == (2, "", f"error: {second} is current already.\n")


# Notifications


@dataclass
class Receiver:
    """A web server that keeps what it is told."""

    address: str
    documents: list[dict[str, Any]] = field(default_factory=list)
    answer: int = 204


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json"
            told.documents.append(json.loads(body))
            self.send_response(told.answer)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        told.address = f"http://127.0.0.1:{server.server_port}/hook?token=secret"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield told
        server.shutdown()
        thread.join()


def test_a_failure_is_notified(
    dbt: StandIn, run_cli, raw: Path, receiver: Receiver, warehouse: Warehouse
) -> None:
    arguments = ("refresh", "--raw-path", str(raw), "--quiet", "--notify", receiver.address)
    assert run_cli(*arguments)[0] == 0
    assert receiver.documents == []
    dbt.change = "update kpis.kpi_values set value = 101 where kpi_key = 'csat_satisfied_pct'"
    assert run_cli(*arguments)[0] == 3
    (document,) = receiver.documents
    assert (document["event"], document["exit_code"]) == ("failure", 3)
    assert document["current_version"] == warehouse.current_version()
    assert document["broken_rules"] == ["csat_satisfied_pct: 3 figures out of range (from 101 to 101)"]
    with writer_lock(warehouse.lock, command="refresh"):
        assert run_cli(*arguments)[0] == 4
    assert receiver.documents[1]["message"].startswith("a refresh is at work")
    assert run_cli("refresh", "--raw-path", "nowhere", "--notify", receiver.address)[0] == 2
    assert receiver.documents[2]["exit_code"] == 2


def test_a_signal_that_appeared_is_notified_once(
    dbt: StandIn, run_cli, raw: Path, receiver: Receiver, warehouse: Warehouse
) -> None:
    arguments = ("refresh", "--raw-path", str(raw), "--quiet", "--notify", receiver.address)
    run_cli(*arguments)
    dbt.change = "update kpis.kpi_scorecard set signal = 'out_of_limits' where kpi_key = 'nps'"
    run_cli(*arguments, "--dry-run")
    assert receiver.documents == []
    code, out, err = run_cli(*arguments)
    assert (code, err) == (0, "")
    assert "1 new signals" in out
    (document,) = receiver.documents
    assert (document["event"], document["signal_count"]) == ("signal", 1)
    assert document["current_version"] == warehouse.current_version()
    assert document["signals"] == [
        {
            "kpi_key": "nps",
            "name_en": "NPS",
            "name_fr": "NPS",
            "period_grain": "month",
            "period_start_date": "2026-06-01",
            "dimension": "overall",
            "member": "all",
            "value": 10.0,
            "signal": "out_of_limits",
        }
    ]
    # It is in the last version now.
    assert run_cli(*arguments)[0] == 0
    assert len(receiver.documents) == 1


def test_a_command_gets_the_document(dbt: StandIn, run_cli, raw: Path, tmp_path: Path) -> None:
    dbt.answer = DbtRun(succeeded=False, errors=("a reason",))
    told = tmp_path / "told it.json"
    code, _, err = run_cli("refresh", "--raw-path", str(raw), "--quiet", "--notify", f"tee '{told}'")
    assert code == 1
    assert json.loads(told.read_text())["message"] == err.removeprefix("error: ").strip()


def test_a_notification_that_fails_changes_nothing(
    dbt: StandIn, run_cli, raw: Path, receiver: Receiver
) -> None:
    arguments = ["refresh", "--raw-path", str(raw), "--quiet"]
    run_cli(*arguments)
    dbt.change = "update kpis.kpi_scorecard set signal = 'out_of_limits' where kpi_key = 'nps'"
    receiver.answer = 500
    closed = "http://127.0.0.1:9/hook?token=secret"
    for one in (receiver.address, closed, "false", "no-such-command --at-all"):
        arguments += ["--notify", one]
    code, out, err = run_cli(*arguments)
    assert code == 0
    assert out.startswith("published")
    assert err.splitlines() == [
        "warning: 127.0.0.1 could not be notified: it answered 500.",
        "warning: 127.0.0.1 could not be notified: connection refused.",
        "warning: false could not be notified: exit code 1.",
        "warning: no-such-command could not be notified: no such file or directory.",
    ]
    assert len(receiver.documents) == 1


@pytest.mark.parametrize("address", ["https://", "", "mail 'ops"])
def test_a_receiver_that_is_none(dbt: StandIn, run_cli, raw: Path, address: str) -> None:
    code, _, err = run_cli("refresh", "--raw-path", str(raw), "--notify", address)
    assert code == 2
    assert err.startswith("error: --notify")
    assert dbt.calls == []
