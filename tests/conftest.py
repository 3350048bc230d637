"""Fixtures shared by all tests: whole warehouses, built once a session."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from service_kpis.project import GARBAGE_THRESHOLDS

REPOSITORY = Path(__file__).resolve().parents[1]

# Most tests are runs of dbt in this process.
gc.set_threshold(*GARBAGE_THRESHOLDS)

BuildWarehouse = Callable[[Path | None, dict[str, Any], str], Path]


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long the tests of tests/faults go on."""
    parser.addoption("--kills", type=int, default=12, help="how often tests/faults kill what publishes")


def failed_nodes(result: Any) -> list[str]:
    """One line for each node of a dbt result that went wrong: its name and dbt's message."""
    if result.exception is not None:
        return [str(result.exception)]
    return [
        f"{outcome.node.unique_id}: {outcome.message}"
        for outcome in getattr(result.result, "results", None) or []
        if outcome.status in ("error", "fail", "runtime error")
    ]


@contextmanager
def dbt_in(folder: Path) -> Iterator[Path]:
    """While open, dbt of this process works on a DuckDB file of its own, with the profiles that are shipped.

    Gives the path of that file, which is closed afterwards: dbt keeps it open for writing in this process,
    and nobody could read it otherwise.
    """
    profiles = folder / "profiles"
    profiles.mkdir(exist_ok=True)
    shutil.copy(REPOSITORY / "profiles.yml.example", profiles / "profiles.yml")
    database = folder / "service_kpis.duckdb"
    settings = {
        "SERVICE_KPIS_DUCKDB_PATH": str(database),
        "SERVICE_KPIS_RAW_PATH": "",
        "DBT_PROFILES_DIR": str(profiles),
    }
    before = {key: os.environ.get(key) for key in settings}
    os.environ.update(settings)
    try:
        yield database
    finally:
        DuckDBConnectionManager.close_all_connections()
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def run_dbt(folder: Path, command: str, *options: str, manifest: Manifest | None = None) -> Any:
    """The result of a dbt command on this repository that leaves its traces in a folder."""
    paths = {"--project-dir": REPOSITORY, "--target-path": folder / "target", "--log-path": folder / "logs"}
    arguments = [text for option, path in paths.items() for text in (option, str(path))]
    return dbtRunner(manifest=manifest).invoke([command, "--quiet", *arguments, *options])


@pytest.fixture(scope="session")
def build_warehouse(tmp_path_factory: pytest.TempPathFactory) -> BuildWarehouse:
    """A function that builds a warehouse with dbt and gives the path of its DuckDB file.

    Arguments of the function: the folder of raw files (None: the demo seeds), dbt variables, and a name.
    One build a name and session: asking again gives the finished file, or the same failure at once. Unit
    tests are left out, they are about models and not about data. Raises AssertionError with dbt's messages
    if a node fails.
    """
    finished: dict[str, Path] = {}
    failures: dict[str, str] = {}

    def build(raw_path: Path | None, variables: dict[str, Any], name: str) -> Path:
        if name in finished:
            return finished[name]
        if name in failures:
            raise AssertionError(failures[name])
        folder = tmp_path_factory.mktemp(name)
        if raw_path is not None:
            variables = {**variables, "raw_path": str(raw_path)}
        options = [
            "--exclude-resource-type",
            "unit_test",
            "--vars",
            yaml.safe_dump(variables, default_flow_style=True),
        ]
        with dbt_in(folder) as database:
            result = run_dbt(folder, "build", *options)
        if not result.success:
            failures[name] = f"dbt build of {name} failed:\n" + "\n".join(failed_nodes(result))
            raise AssertionError(failures[name])
        finished[name] = database
        return database

    return build


def start_refresh(root: Path, *options: str, profiles: Path, **more: Any) -> subprocess.Popen[str]:
    """`service-kpis refresh` of the demo, in a process group of its own; `more` is for the process."""
    paths = [str(REPOSITORY / "src"), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-m", "service_kpis.cli", "refresh", "--warehouse", str(root), "--quiet", *options],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "DBT_PROFILES_DIR": str(profiles),
            "SERVICE_KPIS_RAW_PATH": "",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **more,
    )


@pytest.fixture(scope="session")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the profiles that are shipped."""
    folder = tmp_path_factory.mktemp("profiles")
    shutil.copy(REPOSITORY / "profiles.yml.example", folder / "profiles.yml")
    return folder


@pytest.fixture(scope="session")
def refreshed_demo(profiles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse with one version of the demo, made by `service-kpis refresh`. Copy it."""
    root = tmp_path_factory.mktemp("refreshed_demo") / "warehouse"
    process = start_refresh(root, profiles=profiles)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert out.startswith("published ")
    return root


@dataclass(frozen=True)
class Project:
    """The dbt project, read once a session: its manifest, and its SQL by unique_id.

    Compiled against an empty database of the usual name: the SQL runs on any warehouse of the default target.
    """

    manifest: Manifest
    compiled: dict[str, str]
    folder: Path

    def compile_inline(self, template: str) -> str:
        """The SQL of a template that calls the project's macros. Raises AssertionError with dbt's message."""
        with dbt_in(self.folder):
            result = run_dbt(self.folder, "compile", "--inline", template, manifest=self.manifest)
        if not result.success:
            raise AssertionError("\n".join(failed_nodes(result)))
        return result.result.results[0].node.compiled_code


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, parsed and compiled with its default variables.

    Raises AssertionError with dbt's messages if it cannot be.
    """
    folder = tmp_path_factory.mktemp("project")
    with dbt_in(folder):
        parsed = run_dbt(folder, "parse")
        if not parsed.success:
            raise AssertionError("\n".join(failed_nodes(parsed)))
        result = run_dbt(folder, "compile", manifest=parsed.result)
    if not result.success:
        raise AssertionError("\n".join(failed_nodes(result)))
    compiled = {outcome.node.unique_id: outcome.node.compiled_code for outcome in result.result.results}
    return Project(parsed.result, compiled, folder)
