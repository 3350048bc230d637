"""kill -9 at random moments: readers never notice, and the next refresh starts cleanly."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from service_kpis.refresh.layout import Warehouse
from tests.faults.conftest import Reading, environment
from tests.faults.tiny import faults_of, publish_one

# About two versions.
MAX_STEPS = 50
MAX_PAUSE_SECONDS = 0.02


def publish_and_kill(root: Path, number: int) -> list[str]:
    """Let a publisher live for some steps, and a moment more; the steps that it said."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.publisher", str(root), str(number)],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        lived = [process.stdout.readline() for _ in range(random.randint(1, MAX_STEPS))]
        time.sleep(random.uniform(0, MAX_PAUSE_SECONDS))
        os.killpg(process.pid, signal.SIGKILL)
        return [line.strip() for line in (*lived, *process.stdout) if line.endswith("\n")]


def moment_of(steps: list[str]) -> str:
    """Between which changes of names it was killed: the last that it said."""
    step, _, name = steps[-1].rpartition(" ")
    if name.startswith(".current"):
        name = "current"
    return f"{step} {'…' if re.search(r'[0-9]', name) else name}"


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often to kill."""
    return request.config.getoption("--kills")


def test_publishing_is_killed_and_readers_never_notice(tmp_path: Path, reading: Reading, kills: int) -> None:
    root = tmp_path / "warehouse"
    publish_one(root, 0)
    moments: Counter[str] = Counter()
    number, wrong = 1, []
    with reading(root) as seen:
        for _ in range(kills):
            steps = publish_and_kill(root, number)
            moments[moment_of(steps)] += 1
            wrong += faults_of(root)
            number += sum(step.startswith("published") for step in steps) + 1
    print(
        f"\n{kills} kills: {dict(moments)}; {seen.looks} looks, {max(map(len, seen.versions))} versions seen"
    )
    assert wrong == []
    assert seen.errors == []
    assert seen.mixed == 0
    assert seen.looks > kills
    # No reader went back to an older version.
    assert all(versions == sorted(versions) for versions in seen.versions)
    assert publish_one(root, number)
    assert faults_of(root) == []
    left = {entry.name for entry in root.iterdir()}
    assert left == {"current", "versions", ".state", ".writer.lock"}
    assert len(Warehouse(root).published_versions()) == 2


@pytest.mark.parametrize("step", ["before link", "after link", "before replace", "after replace"])
def test_kill_around_the_link(tmp_path: Path, step: str) -> None:
    root = tmp_path / "warehouse"
    before = publish_one(root, 0)
    process = subprocess.Popen(
        [sys.executable, "-c", _STOP_AT, str(root), step], env=environment(), start_new_session=True
    )
    assert process.wait(timeout=60) == -signal.SIGKILL
    is_published = step == "after replace"
    assert faults_of(root) == []
    assert (Warehouse(root).current_version() == before) is not is_published
    with duckdb.connect(str(root / "current" / "service_kpis.duckdb"), read_only=True) as connection:
        assert connection.execute("select max(number) from kpis.kpi_values").fetchone() == (
            int(is_published),
        )
    publish_one(root, 2)
    versions = Warehouse(root).published_versions()
    # One that was never current is gone; one that was is a version like any other.
    assert len(versions) == 2
    assert (before in versions) is not is_published
    assert not [entry.name for entry in root.iterdir() if entry.name.startswith((".current", ".build"))]


_STOP_AT = """
import os, signal, sys
from pathlib import Path
from tests.faults.tiny import publish_one

root, (moment, step) = Path(sys.argv[1]), sys.argv[2].split()
change = {"link": "symlink_to", "replace": "replace"}[step]
really = getattr(Path, change)

def stop(path, *arguments, **options):
    if path.name.startswith(".current"):
        if moment == "after":
            really(path, *arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
    return really(path, *arguments, **options)

setattr(Path, change, stop)
publish_one(root, 1)
"""
