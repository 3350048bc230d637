"""What dbt leaves behind: how each node went, and the rows of the tests that failed."""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service_kpis.refresh.database import Database
from service_kpis.refresh.layout import PRIVATE_DATABASE, read_json

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
            and nodes.get(result["unique_id"], {}).get("resource_type") in ("model", "seed")
            and nodes[result["unique_id"]]["database"] != PRIVATE_DATABASE
        ),
    )


def _name(result: dict[str, Any], nodes: dict[str, Any]) -> str:
    node = nodes.get(result["unique_id"])
    return node["name"] if node else result["unique_id"].split(".")[2]


def drop_strays(database: Database, tables: Sequence[str]) -> None:
    """Drops what no model makes: tables of models that are gone, and what dbt left behind.

    Args:
        database: what is to be published.
        tables: what may stay, as ``schema.name``.
    """
    for name, kind in database.published_tables():
        if name not in tables:
            database.drop(name, kind)


def save_rows(database: Database, tests: Sequence[FailedTest], folder: Path) -> bool:
    """Writes the rows that failed tests found, at most ``MAX_ROWS`` each: ``<test>.csv``.

    A test of several rules finds one row per broken rule, with a query of the rows that break it: those
    follow as ``<test>_1.csv``, ``<test>_2.csv`` in its order.

    Args:
        database: what was tested.
        tests: the tests.
        folder: where to write; it must be there.

    Returns:
        Whether any could be written.
    """
    is_saved = False
    # What can be written is better than nothing; why the test failed is said in any case.
    with contextlib.suppress(database.error):
        for test in tests:
            name = re.sub(r"[^A-Za-z0-9_]+", "_", test.name)
            query = test.query.strip().rstrip(";")
            columns = _save(database, query, folder / f"{name}.csv")
            is_saved = True
            if columns == "rule,failing_rows,query":
                for number, (_, _, of_rule) in enumerate(database.rows(query), start=1):
                    _save(database, of_rule, folder / f"{name}_{number}.csv")
    return is_saved


def _save(database: Database, query: str, file: Path) -> str:
    """Writes the first rows of a query; gives the header."""
    database.save(f"select * from (\n{query}\n) as found limit {MAX_ROWS}", file)
    file.chmod(0o600)
    with file.open(encoding="utf-8") as lines:
        return lines.readline().strip()
