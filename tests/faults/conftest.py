"""Readers at work while refreshes fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
READERS = ("short", "short", "short", "short", "short", "long", "long", "long")


def environment(**more: str) -> dict[str, str]:
    """That of a Python that finds this repository's tests and package."""
    paths = [str(REPOSITORY), str(REPOSITORY / "src"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path), **more}


@dataclass
class Seen:
    """What all readers saw: filled when they have stopped."""

    looks: int = 0
    errors: list[str] = field(default_factory=list)
    mixed: int = 0
    versions: list[list[object]] = field(default_factory=list)


Reading = Callable[..., AbstractContextManager[Seen]]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """A context manager: while open, 8 readers look at the warehouse of a folder.

    Its `query`, if given, is what they ask instead of the tiny tables: rows of one column, all the same in a
    version.
    """

    @contextmanager
    def read(root: Path, query: str = "") -> Iterator[Seen]:
        stop = tmp_path / "stop"
        reports = [tmp_path / f"reader_{number}.json" for number in range(len(READERS))]
        readers = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.faults.reader", str(root), str(stop), str(report), kind],
                env=environment(READER_QUERY=query),
            )
            for kind, report in zip(READERS, reports, strict=True)
        ]
        seen = Seen()
        try:
            while not all(report.exists() for report in reports):
                assert all(reader.poll() is None for reader in readers)
                time.sleep(0.05)
            yield seen
        finally:
            stop.touch()
            codes = [reader.wait(timeout=60) for reader in readers]
            stop.unlink()
        assert codes == [0] * len(READERS)
        for report in reports:
            found = json.loads(report.read_text(encoding="utf-8"))
            seen.looks += found["looks"]
            seen.errors += found["errors"]
            seen.mixed += found["mixed"]
            seen.versions.append(found["versions"])

    return read
