"""The files of a refresh: the lock, sealing, placing, switching, clearing up, going back, the journal."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from service_kpis.errors import UserError
from service_kpis.refresh import list_versions, publish, roll_back
from service_kpis.refresh.database import duckdb_files
from service_kpis.refresh.errors import DiskError, LockError
from service_kpis.refresh.history import (
    RunRecord,
    add_to_journal,
    history_of_file,
    read_history,
    read_journal,
    write_history,
)
from service_kpis.refresh.layout import Warehouse, instant_of, iso, version_name
from service_kpis.refresh.lock import writer_lock
from tests.faults.conftest import environment
from tests.faults.tiny import faults_of, publish_one
from tests.package.small_warehouse import RUN_HISTORY


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


# The layout


def test_a_published_version_is_where_readers_look(warehouse: Warehouse) -> None:
    version = publish_one(warehouse.root, 7)
    assert str(warehouse.current.readlink()) == f"versions/{version}"
    database = warehouse.root / "current" / "service_kpis.duckdb"
    assert stat.S_IMODE(database.stat().st_mode) == 0o444
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select current_database()").fetchone() == ("service_kpis",)


def test_what_is_private_is_for_its_owner_alone(warehouse: Warehouse) -> None:
    version = publish_one(warehouse.root, 7)
    assert stat.S_IMODE(warehouse.private(version).stat().st_mode) == 0o600
    assert stat.S_IMODE(warehouse.states.stat().st_mode) == 0o700
    assert not list(warehouse.versions.rglob("*private*"))


def test_names_of_versions_sort_as_instants(warehouse: Warehouse) -> None:
    instants = ["2026-11-05T02:00:00.009Z", "2026-11-05T02:00:00.010Z", "2026-11-15T02:00:00.000Z"]
    names = [version_name(warehouse, instant_of(text)) for text in instants]
    assert names == sorted(names) == ["20261105T020000.009Z", "20261105T020000.010Z", "20261115T020000.000Z"]
    assert [iso(instant_of(text)) for text in instants] == instants
    (warehouse.versions / names[0]).mkdir(parents=True)
    assert version_name(warehouse, instant_of(instants[0])) == names[1]


def test_a_folder_at_current_is_not_touched(warehouse: Warehouse) -> None:
    warehouse.current.mkdir(parents=True)
    with pytest.raises(UserError, match="is not the link that refresh makes"):
        publish_one(warehouse.root, 1)
    assert warehouse.current.is_dir()


# Sealing and copying


def test_sealing_leaves_no_log(tmp_path: Path) -> None:
    file = tmp_path / "service_kpis.duckdb"
    # As a process leaves it that ends without closing: all of the table is in the log.
    script = (
        f"import duckdb, os; c = duckdb.connect('{file}'); c.execute(\"set wal_autocheckpoint = '1TB'\");"
        " c.execute('create table numbers as select 1 as number'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    log = tmp_path / "service_kpis.duckdb.wal"
    assert log.exists()
    publish.seal(file, 0o444)
    assert not log.exists()
    assert stat.S_IMODE(file.stat().st_mode) == 0o444
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("from numbers").fetchall() == [(1,)]


def test_a_file_that_cannot_be_sealed_is_an_error_of_the_disk(tmp_path: Path) -> None:
    file = tmp_path / "service_kpis.duckdb"
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(DiskError, match="could not be closed"):
        publish.seal(file, 0o444)


def test_a_copy_is_private_and_writable(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(3_000_000))
    source.chmod(0o444)
    publish.copy_file(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600


# Clearing up


def test_only_the_newest_versions_are_kept(warehouse: Warehouse) -> None:
    names = [publish_one(warehouse.root, number, keep=3) for number in range(5)]
    assert warehouse.published_versions() == names[2:]
    # Only the current version can be built upon.
    assert [folder.name for folder in warehouse.states.iterdir()] == names[4:]


def test_the_current_version_is_kept_however_old(warehouse: Warehouse) -> None:
    names = [publish_one(warehouse.root, number, keep=9) for number in range(4)]
    roll_back(warehouse, names[0])
    assert publish.prune(warehouse, keep=2) == [names[1]]
    assert warehouse.published_versions() == [names[0], *names[2:]]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says who holds a file open")
def test_a_version_that_is_read_is_kept(warehouse: Warehouse) -> None:
    names = [publish_one(warehouse.root, number, keep=9) for number in range(3)]
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True)\n"
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(warehouse.database(names[0]))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as reader:
        assert reader.stdout
        assert reader.stdin
        assert reader.stdout.readline() == b"open\n"
        assert publish.prune(warehouse, keep=2) == []
        reader.stdin.close()
        reader.wait()
    assert publish.prune(warehouse, keep=2) == [names[0]]


def test_a_version_that_was_never_current_is_cleared_up(warehouse: Warehouse) -> None:
    version = publish_one(warehouse.root, 1)
    for folder in (warehouse.versions, warehouse.states):
        (folder / "20990101T000000.000Z").mkdir()
    (warehouse.root / ".current.123").symlink_to("versions/20990101T000000.000Z")
    publish.recover(warehouse)
    assert [folder.name for folder in warehouse.versions.iterdir()] == [version]
    assert [folder.name for folder in warehouse.states.iterdir()] == [version]
    assert not (warehouse.root / ".current.123").is_symlink()


def test_a_current_version_without_its_mark_gets_it(warehouse: Warehouse) -> None:
    version = publish_one(warehouse.root, 1)
    (warehouse.versions / version / ".published").unlink()
    publish.recover(warehouse)
    assert warehouse.published_versions() == [version]
    assert faults_of(warehouse.root) == []


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    version = publish_one(tmp_path, 1)
    monkeypatch.setattr(publish, "fsync", full)
    with pytest.raises(DiskError, match=r"the disk is full at .* nothing was published: make room"):
        publish_one(tmp_path, 2)
    monkeypatch.undo()
    assert Warehouse(tmp_path).current_version() == version
    publish_one(tmp_path, 3)
    assert faults_of(tmp_path) == []


def test_a_warehouse_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "warehouse").write_text("")
    with pytest.raises(UserError, match="is a file: --warehouse takes a folder"):
        publish.make_folder(tmp_path / "warehouse")


# The lock


def test_the_second_is_told_who_is_at_work(warehouse: Warehouse) -> None:
    publish.make_folder(warehouse.root)
    with writer_lock(warehouse.lock, command="refresh"):
        with pytest.raises(LockError) as refused, writer_lock(warehouse.lock, command="rollback"):
            pass
        assert f"process {os.getpid()} of " in str(refused.value)
        assert str(refused.value).startswith("a refresh is at work for 0 s")
    with writer_lock(warehouse.lock, command="rollback"):
        pass


def test_the_age_of_a_lock_is_told(warehouse: Warehouse) -> None:
    publish.make_folder(warehouse.root)
    with writer_lock(warehouse.lock, command="refresh"):
        owner = json.loads(warehouse.lock.read_text())
        warehouse.lock.write_text(json.dumps({**owner, "since": "2026-01-01T00:00:00.000Z"}))
        with (
            pytest.raises(LockError, match=r"for \d{5,} min"),
            writer_lock(warehouse.lock, command="refresh"),
        ):
            pass


def test_the_lock_of_a_dead_owner_is_taken_over(warehouse: Warehouse) -> None:
    publish.make_folder(warehouse.root)
    script = (
        "import os, sys, signal; from pathlib import Path\n"
        "from service_kpis.refresh.lock import writer_lock\n"
        "with writer_lock(Path(sys.argv[1]), command='refresh'): os.kill(os.getpid(), signal.SIGKILL)"
    )
    command = [sys.executable, "-c", script, str(warehouse.lock)]
    process = subprocess.run(command, env=environment(), check=False)
    assert process.returncode == -9
    assert json.loads(warehouse.lock.read_text())["command"] == "refresh"
    with writer_lock(warehouse.lock, command="refresh"):
        assert json.loads(warehouse.lock.read_text())["pid"] == os.getpid()


def test_a_child_of_a_dead_owner_is_waited_for(warehouse: Warehouse) -> None:
    publish.make_folder(warehouse.root)
    # The child holds the lock for half a second longer than the owner that is killed.
    script = (
        "import os, subprocess, sys, signal; from pathlib import Path\n"
        "from service_kpis.refresh.lock import writer_lock\n"
        "with writer_lock(Path(sys.argv[1]), command='refresh') as lock:\n"
        "    subprocess.Popen(['sleep', '0.5'], pass_fds=[lock]); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, str(warehouse.lock)], env=environment(), check=False)
    with warehouse.lock.open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    started = time.monotonic()
    with writer_lock(warehouse.lock, command="refresh"):
        assert time.monotonic() - started < 10


# Going back


def test_rollback_goes_to_the_version_before(warehouse: Warehouse) -> None:
    names = [publish_one(warehouse.root, number, keep=3) for number in range(3)]
    done = roll_back(warehouse)
    assert (done.before, done.version) == (names[2], names[1])
    assert faults_of(warehouse.root) == []
    assert warehouse.current_version() == names[1]
    roll_back(warehouse)
    with pytest.raises(UserError, match=f"{names[0]} is the oldest version"):
        roll_back(warehouse)
    roll_back(warehouse, to=names[2])
    listed = [(version.name, version.is_current) for version in list_versions(warehouse)]
    assert listed == [(names[2], True), (names[1], False), (names[0], False)]


@pytest.mark.parametrize(
    ("to", "reason"), [("20200101T000000.000Z", "there is no version"), ("", "no version")]
)
def test_rollback_to_what_is_not_there(warehouse: Warehouse, to: str, reason: str) -> None:
    publish_one(warehouse.root, 1)
    with pytest.raises(UserError, match=reason):
        roll_back(warehouse, to)


def test_rollback_without_a_warehouse(warehouse: Warehouse) -> None:
    for command in (roll_back, list_versions):
        with pytest.raises(UserError, match="nothing is published in"):
            command(warehouse)
    assert not warehouse.root.exists()


# The run history


def run(version: str, status: str = "published", **more: object) -> RunRecord:
    return RunRecord(version, status, started_at="2026-11-05T02:00:00.000Z", **more)  # type: ignore[arg-type]


def test_history_is_written_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "service_kpis.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"create schema quality; {RUN_HISTORY}")
    first = run("1", "killed")
    second = run(
        "2", finished_at="2026-11-05T02:05:00.250Z", duration_seconds=300.25, rows_read=5, reason="x"
    )
    with duckdb_files(file, writable=True) as database:
        write_history(database, [second, first, run("2", "audit_failed"), second])
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(
            "select version, status, started_at::varchar, finished_at::varchar"
            " from quality.run_history order by all"
        ).fetchall()
    assert rows == [
        ("1", "killed", "2026-11-05 02:00:00", None),
        ("2", "published", "2026-11-05 02:00:00", "2026-11-05 02:05:00.25"),
    ]
    with duckdb_files(file, writable=True) as database:
        write_history(database, [*read_history(database), run("3")])
    assert [record.version for record in history_of_file(file)] == ["1", "2", "3"]
    assert history_of_file(file)[1].duration_seconds == 300.25


def test_no_history_in_what_is_no_warehouse(tmp_path: Path) -> None:
    assert history_of_file(tmp_path / "nothing.duckdb") == []


def test_the_journal_survives_a_torn_line(warehouse: Warehouse) -> None:
    publish.make_folder(warehouse.root)
    add_to_journal(warehouse, run("1", "killed"), run("2", "build_failed"))
    with warehouse.journal.open("a") as file:
        file.write('{"version": "3", "sta')
    add_to_journal(warehouse, run("2", "rolled_back"))
    assert [(record.version, record.status) for record in read_journal(warehouse)] == [
        ("1", "killed"),
        ("2", "rolled_back"),
    ]
