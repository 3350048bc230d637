"""What dbt leaves behind: how each node went, and the rows of the tests that failed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from service_kpis.refresh.audit import PUBLISHED_SCHEMAS
from service_kpis.refresh.layout import DATABASE_FILE, PRIVATE_DATABASE, PRIVATE_FILE, read_json

MAX_ROWS = 1000


@dataclass(frozen=True)
class FailedTest:
    """A data test that failed: its name, how many rows it found, the query that finds them."""

    name: str
    rows: int
    query: str


@dataclass(frozen=True)
class Results:
    """How the nodes of a build went.

    Attributes:
        tests_passed: data tests that passed.
        tests_warned: data tests that warned.
        failed_tests: those that failed.
        failed_nodes: names of models, seeds and tests that ended in an error.
        tables: what was built to be published, as ``schema.name``.
    """

    tests_passed: int = 0
    tests_warned: int = 0
    failed_tests: tuple[FailedTest, ...] = ()
    failed_nodes: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


def read_results(target: Path) -> Results:
    """Reads dbt's account of its last command; an empty one if it did not come to write it.

    Args:
        target: dbt's target folder.
    """
    results = read_json(target / "run_results.json").get("results") or []
    nodes = read_json(target / "manifest.json").get("nodes") or {}
    tests = [result for result in results if result["unique_id"].startswith("test.")]
    return Results(
        tests_passed=sum(test["status"] == "pass" for test in tests),
        tests_warned=sum(test["status"] == "warn" for test in tests),
        failed_tests=tuple(
            FailedTest(_name(test, nodes), int(test.get("failures") or 0), test.get("compiled_code") or "")
            for test in tests
            if test["status"] == "fail"
        ),
        failed_nodes=tuple(_name(result, nodes) for result in results if result["status"] == "error"),
        tables=tuple(
            f"{nodes[result['unique_id']]['schema']}.{nodes[result['unique_id']]['alias']}"
            for result in results
            if result["status"] == "success"
            and nodes.get(result["unique_id"], {}).get("schema") in PUBLISHED_SCHEMAS
            and nodes[result["unique_id"]]["resource_type"] in ("model", "seed")
            and nodes[result["unique_id"]]["config"].get("materialized") != "ephemeral"
        ),
    )


def _name(result: dict[str, Any], nodes: dict[str, Any]) -> str:
    node = nodes.get(result["unique_id"])
    return node["name"] if node else result["unique_id"].split(".")[2]


def save_rows(build: Path, tests: Sequence[FailedTest], folder: Path) -> dict[str, Path]:
    """Writes the rows that failed tests found to a CSV file each.

    Args:
        build: folder of the databases that were tested.
        tests: the tests.
        folder: where to write; it must be there.

    Returns:
        The file of each test whose rows could be written, by its name.
    """
    files: dict[str, Path] = {}
    for test in tests:
        file = folder / f"{re.sub(r'[^A-Za-z0-9_]+', '_', test.name)}.csv"
        query = test.query.strip().rstrip(";")
        try:
            with duckdb.connect(str(build / DATABASE_FILE), read_only=True) as connection:
                connection.execute(
                    f"attach '{_quoted(build / PRIVATE_FILE)}' as {PRIVATE_DATABASE} (read_only)"
                )
                connection.execute(
                    f"copy (select * from (\n{query}\n) limit {MAX_ROWS}) to '{_quoted(file)}' (header)"
                )
        except duckdb.Error:
            continue
        file.chmod(0o600)
        files[test.name] = file
    return files


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
