"""Fixtures shared by all tests: whole warehouses, built once a session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

REPOSITORY = Path(__file__).resolve().parents[1]

BuildWarehouse = Callable[[Path | None, dict[str, Any], str], Path]


def failed_nodes(result: Any) -> list[str]:
    """One line for each node of a dbt result that went wrong: its name and dbt's message."""
    if result.exception is not None:
        return [str(result.exception)]
    return [
        f"{outcome.node.unique_id}: {outcome.message}"
        for outcome in getattr(result.result, "results", None) or []
        if outcome.status in ("error", "fail", "runtime error")
    ]


@pytest.fixture(scope="session")
def build_warehouse(tmp_path_factory: pytest.TempPathFactory) -> BuildWarehouse:
    """A function that builds a warehouse with dbt and gives the path of its DuckDB file.

    Arguments of the function: the folder of raw files (None: the demo seeds), dbt variables, and a name.
    One build a name and session: asking again gives the finished file. Unit tests are left out, they are
    about models and not about data. Raises AssertionError with dbt's messages if a node fails.
    """
    finished: dict[str, Path] = {}

    def build(raw_path: Path | None, variables: dict[str, Any], name: str) -> Path:
        if name in finished:
            return finished[name]
        folder = tmp_path_factory.mktemp(name)
        profiles = folder / "profiles"
        profiles.mkdir()
        shutil.copy(REPOSITORY / "profiles.yml.example", profiles / "profiles.yml")
        database = folder / "service_kpis.duckdb"
        if raw_path is not None:
            variables = {**variables, "raw_path": str(raw_path)}
        settings = {
            "SERVICE_KPIS_DUCKDB_PATH": str(database),
            "SERVICE_KPIS_RAW_PATH": "",
            "DBT_PROFILES_DIR": str(profiles),
        }
        before = {key: os.environ.get(key) for key in settings}
        os.environ.update(settings)
        try:
            result = dbtRunner().invoke(
                [
                    "build",
                    "--quiet",
                    "--project-dir",
                    str(REPOSITORY),
                    "--target-path",
                    str(folder / "target"),
                    "--log-path",
                    str(folder / "logs"),
                    "--exclude-resource-type",
                    "unit_test",
                    "--vars",
                    yaml.safe_dump(variables, default_flow_style=True),
                ]
            )
        finally:
            # dbt keeps the file open for writing in this process; nobody could read it otherwise.
            DuckDBConnectionManager.close_all_connections()
            for key, value in before.items():
                if value is None:
                    os.environ.pop(key, None)
                else:
                    os.environ[key] = value
        if not result.success:
            raise AssertionError(f"dbt build of {name} failed:\n" + "\n".join(failed_nodes(result)))
        finished[name] = database
        return database

    return build
