"""SQL on the Spark that the profile names, whatever its method: through dbt's own connection.

In a process of its own, because a Java machine ends with the process that started it, and a catalogue of
files can be open in one machine only: dbt's and this one take turns.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from service_kpis.errors import UserError
from service_kpis.project import error_text

TARGET = "spark"

_SECONDS_TO_END = 30.0


class SparkError(Exception):
    """What Spark said of a statement, in one line."""


class SparkSession:
    """An open connection.

    Attributes:
        is_local: Spark runs on this machine, in the process that dbt starts for it.
    """

    def __init__(self, pipe: Connection, *, is_local: bool):
        self._pipe = pipe
        self.is_local = is_local

    def query(self, statement: str) -> tuple[list[str], list[tuple]]:
        """The names of the columns and the rows of a query, none of a statement. Instants are UTC.

        Raises:
            SparkError: Spark refuses it, or is gone.
        """
        try:
            self._pipe.send(statement)
            is_done, answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise SparkError("Spark ended while it was asked") from error
        if not is_done:
            raise SparkError(answer)
        return answer


@contextmanager
def connected(project: Path, profiles: Path, log: Path) -> Iterator[SparkSession]:
    """A session of target ``spark``, while open.

    Args:
        project: folder of the dbt project; relative paths in the profile count from there.
        profiles: folder of the profile.
        log: file for what Spark prints.

    Raises:
        UserError: dbt-spark is not installed, or there is no such Spark.
    """
    if find_spec("dbt.adapters.spark") is None:
        raise UserError(
            "Spark needs further packages: pip install -e '.[spark]', or make build TARGET=spark."
        )
    log.parent.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, project, profiles, log), daemon=True)
    process.start()
    theirs.close()
    try:
        try:
            is_started, answer = ours.recv()
        except EOFError:
            is_started, answer = False, "it ended at once"
        if not is_started:
            raise UserError(
                f"no Spark ({answer}): target {TARGET} of profiles.yml says where it is, {log} what it "
                "printed; in this process it needs Java 17."
            )
        yield SparkSession(ours, is_local=answer)
    finally:
        ours.close()
        process.join(_SECONDS_TO_END)
        if process.is_alive():
            process.kill()


def _serve(pipe: Connection, project: Path, profiles: Path, log: Path) -> None:
    """Answers statements until the other end is closed, or its process gone."""
    # Rows hold local times of the machine otherwise.
    os.environ["TZ"] = "UTC"
    time.tzset()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.chdir(project)
    try:
        adapter = _adapter(project, profiles)
        with adapter.connection_named("service-kpis"):
            # Opens the catalogue.
            adapter.connections.add_query("show schemas")
            pipe.send((True, adapter.config.credentials.method.value == "session"))
            while True:
                pipe.send(_answer(adapter, pipe.recv()))
    except (EOFError, OSError):
        return
    except Exception as error:
        pipe.send((False, _one_line(error)))


def _answer(adapter: Any, statement: str) -> tuple[bool, Any]:
    try:
        _, cursor = adapter.connections.add_query(statement)
        names = [column[0] for column in cursor.description or ()]
        return True, (names, [tuple(row) for row in cursor.fetchall()] if names else [])
    except Exception as error:
        return False, _one_line(error)


def _adapter(project: Path, profiles: Path) -> Any:
    """Dbt's connection to the target, as a run of dbt makes it."""
    from dbt.adapters.factory import get_adapter, register_adapter
    from dbt.config.runtime import RuntimeConfig
    from dbt.flags import set_from_args
    from dbt.mp_context import get_mp_context
    from dbt_common.context import set_invocation_context

    set_invocation_context(dict(os.environ))
    arguments = argparse.Namespace(
        project_dir=str(project), profiles_dir=str(profiles), target=TARGET, profile=None, vars={}, threads=1
    )
    set_from_args(arguments, None)
    config = RuntimeConfig.from_args(arguments)
    register_adapter(config, get_mp_context())
    return get_adapter(config)


def _one_line(error: Exception) -> str:
    said = str(error)
    if "MetaStoreClient" in said:
        return "its catalogue cannot be opened, perhaps because a build or another program has it open"
    for end in ("\n\tat ", "== SQL", "SQLSTATE"):
        said = said.split(end)[0]
    return error_text(said).rstrip(". ") or type(error).__name__
