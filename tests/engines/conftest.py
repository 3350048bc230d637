"""Engines and their warehouses, each started and built once a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from .engines import ENGINES, DuckDB, Engine, PostgreSQL

StartEngine = Callable[[str], Engine]


@pytest.fixture(scope="session")
def start_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartEngine]:
    """A function that gives the engine of a name, started once; skips, saying why, where it cannot run."""
    running: dict[str, Engine] = {}
    with ExitStack() as stack:

        def start(name: str) -> Engine:
            if name not in running:
                missing = ENGINES[name].missing()
                if missing:
                    pytest.skip(missing)
                running[name] = stack.enter_context(ENGINES[name].start(tmp_path_factory.mktemp(name)))
            return running[name]

        yield start


@pytest.fixture
def server(start_engine: StartEngine, monkeypatch: pytest.MonkeyPatch) -> PostgreSQL:
    """The running server, which the environment names."""
    engine = start_engine("postgres")
    for name, value in engine.environment().items():
        monkeypatch.setenv(name, value)
    return cast(PostgreSQL, engine)


@pytest.fixture(scope="session")
def duckdb_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., DuckDB]:
    """A function that builds on DuckDB once: a folder of raw files (None: the demo), variables, a name."""
    built: dict[str, DuckDB] = {}

    def build(raw_path: Path | None, variables: dict[str, Any], name: str) -> DuckDB:
        if name not in built:
            built[name] = DuckDB(tmp_path_factory.mktemp(f"duckdb_{name}"))
            built[name].build(raw_path, variables, "--exclude-resource-type", "unit_test")
        return built[name]

    return build
