"""The real command: killed, without room on the disk, twice at once. Readers ask for KPIs all the while."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import duckdb
import pytest

from service_kpis.refresh.history import history_of_file, read_journal
from service_kpis.refresh.layout import Warehouse
from service_kpis.refresh.lock import writer_lock
from tests.conftest import start_refresh
from tests.faults.conftest import REPOSITORY, Reading, environment

# Rows of one column that are all the same in a sound version: it is in the history of each, as its last row.
QUERY = """
    select max(version) from quality.run_history
    union all
    select max(version) from quality.run_history where (select count(*) > 10000 from kpis.kpi_values)
"""
# Longer than a refresh of the demo takes to its end on a busy machine: kills beyond it hit the next one.
LONGEST_LIFE_SECONDS = 30.0
PATIENCE_SECONDS = 900
NOBODY = 65534

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(profiles: Path) -> Start:
    """A function that starts `service-kpis refresh` of the demo in a process group of its own."""
    return partial(start_refresh, profiles=profiles)


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a process that ends by itself."""
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, out, err


def is_complete(root: Path) -> bool:
    """Whether what is current opens and answers."""
    with duckdb.connect(str(root / "current" / "service_kpis.duckdb"), read_only=True) as connection:
        return len(set(connection.execute(QUERY).fetchall())) == 1


def test_older_releases_of_duckdb_can_open_what_is_published(refreshed_demo: Path) -> None:
    question = "select tags['storage_version'] from duckdb_databases() where not internal"
    formats = {}
    for file in refreshed_demo.rglob("*.duckdb"):
        with duckdb.connect(str(file), read_only=True) as connection:
            formats[file.name] = connection.execute(question).fetchall()
    assert formats == {
        name: [("v1.3.0+",)] for name in ("service_kpis.duckdb", "service_kpis_private.duckdb")
    }


def test_a_refresh_is_killed_and_readers_never_notice(
    refreshed_demo: Path, start: Start, reading: Reading, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills = max(1, request.config.getoption("--kills") // 10)
    root = Path(shutil.copytree(refreshed_demo, tmp_path / "warehouse", symlinks=True))
    warehouse = Warehouse(root)
    first = warehouse.current_version()
    moments = []
    with reading(root, QUERY) as seen:
        for _ in range(kills):
            process = start(root)
            life = random.uniform(0.5, LONGEST_LIFE_SECONDS)
            time.sleep(life)
            moments.append(f"{life:.1f} s: {where(warehouse)}")
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            assert is_complete(root)
        code, out, err = end(start(root))
    print(
        f"\nkilled at {'; '.join(moments)}; {seen.looks} looks, {len(seen.errors)} errors, {seen.mixed} mixed"
    )
    assert code == 0, err
    assert seen.errors == []
    assert seen.mixed == 0
    assert seen.looks > 100
    statuses = [run.status for run in history_of_file(warehouse.database(warehouse.current_version() or ""))]
    assert statuses[0] == statuses[-1] == "published"
    assert set(statuses) <= {"published", "killed"}
    assert out.startswith("published ")
    assert warehouse.current_version() != first
    assert not warehouse.build.exists()


def where(warehouse: Warehouse) -> str:
    """How far a refresh is, by what it has made."""
    if not warehouse.build.exists():
        return "not begun"
    if (warehouse.build / "target" / "run_results.json").exists():
        return "after dbt"
    return "in dbt" if (warehouse.build / "logs").exists() else "before dbt"


def test_two_at_once_and_one_killed_alone(refreshed_demo: Path, start: Start, tmp_path: Path) -> None:
    root = Path(shutil.copytree(refreshed_demo, tmp_path / "warehouse", symlinks=True))
    first = start(root)
    log = root / ".build" / "logs" / "dbt.log"
    while first.poll() is None and not log.exists():
        time.sleep(0.05)

    code, out, err = end(start(root))
    assert (code, out) == (4, "")
    assert err.startswith("error: a refresh is at work for ")
    assert f"process {first.pid} of " in err

    first.kill()
    first.wait()
    # dbt has the lock too, and ends when it finds itself alone.
    with writer_lock(root / ".writer.lock", command="test"):
        pass
    assert is_complete(root)


@pytest.fixture
def small_disk(refreshed_demo: Path, tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A function that puts the published warehouse on a disk with so many free MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = False

    def make(free_mb: int) -> Path:
        nonlocal mounted
        size = sum(file.stat().st_size for file in refreshed_demo.rglob("*") if file.is_file()) // 1_000_000
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size + free_mb + 2}m", "tmpfs", str(disk)]
        try:
            subprocess.run(mount, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("a disk of a given size can only be mounted by the system's administrator")
        mounted = True
        return Path(shutil.copytree(refreshed_demo, disk / "warehouse", symlinks=True))

    yield make
    if mounted:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("free_mb", "options"),
    [(5, ()), (30, ("--full-refresh",))],
    ids=["for the copies", "while dbt builds"],
)
def test_no_room_on_the_disk(
    small_disk: Callable[[int], Path],
    start: Start,
    reading: Reading,
    free_mb: int,
    options: tuple[str, ...],
) -> None:
    root = small_disk(free_mb)
    warehouse = Warehouse(root)
    current = warehouse.current_version()
    with reading(root, QUERY) as seen:
        code, out, err = end(start(root, *options))
    assert (code, out) == (5, ""), err
    assert err.count("\n") == 1
    assert "nothing was published: make room, then refresh again" in err
    assert warehouse.current_version() == current
    assert is_complete(root)
    assert (seen.errors, seen.mixed) == ([], 0)
    assert seen.looks > 0
    assert not warehouse.build.exists()
    assert [run.status for run in read_journal(warehouse)] == ["disk_failed"]


def test_a_file_that_may_not_grow(refreshed_demo: Path, start: Start, tmp_path: Path) -> None:
    root = Path(shutil.copytree(refreshed_demo, tmp_path / "warehouse", symlinks=True))

    def at_most_20_mb() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000_000, 20_000_000))

    current = Warehouse(root).current_version()
    code, _, err = end(start(root, "--full-refresh", preexec_fn=at_most_20_mb))
    assert code == 5, err
    assert err.count("\n") == 1
    assert Warehouse(root).current_version() == current
    assert is_complete(root)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


# Rights are given up when all is loaded and before anything is looked at: that user may not read this Python.
# Nor this checkout: the project is a copy that all may read.
AS_NOBODY = """
import os
from service_kpis import cli
from service_kpis.refresh import command

really = command.refresh_and_tell

def refresh_and_tell(*arguments, **options):
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    really(*arguments, **options)

command.refresh_and_tell = refresh_and_tell
cli.main()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator may act as another user")
@pytest.mark.parametrize("what", ["the warehouse", "the profile", "the raw folder"])
def test_what_belongs_to_another_user(refreshed_demo: Path, open_folder: Path, what: str) -> None:
    root, project, profiles, raw = (
        open_folder / name for name in ("warehouse", "project", "profiles", "raw")
    )
    shutil.copytree(refreshed_demo, root, symlinks=True)
    project.mkdir()
    shutil.copy(REPOSITORY / "dbt_project.yml", project)
    shutil.copytree(REPOSITORY / "models", project / "models")
    profiles.mkdir()
    raw.mkdir()
    shutil.copy(REPOSITORY / "profiles.yml.example", profiles / "profiles.yml")
    (raw / "raw_tickets.csv").write_text("ticket_id\n")
    if what != "the warehouse":
        for path in (root, *root.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    (profiles / "profiles.yml").chmod(0o600 if what == "the profile" else 0o644)
    raw.chmod(0o700 if what == "the raw folder" else 0o755)

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            AS_NOBODY,
            "refresh",
            "--warehouse",
            str(root),
            "--raw-path",
            str(raw),
            "--quiet",
        ],
        cwd=project,
        env=environment(DBT_PROFILES_DIR=str(profiles)),
        capture_output=True,
        text=True,
        check=False,
    )

    reasons = {
        "the warehouse": "cannot be written to (permission denied)",
        "the profile": "profiles.yml cannot be read (permission denied)",
        "the raw folder": "cannot be read: give the user that runs this the right to",
    }
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert reasons[what] in done.stderr
    assert is_complete(root)
