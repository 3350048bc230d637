"""Where the project and its database are, and how dbt is called."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from service_kpis.errors import UserError

PROJECT_NAME = "service_kpis"
DATABASE_VARIABLE = "SERVICE_KPIS_DUCKDB_PATH"
RAW_PATH_VARIABLE = "SERVICE_KPIS_RAW_PATH"

# Lines that tell where in the templates dbt stopped, not what the user can do about it.
_ERROR_CHROME = (
    "encountered an error",
    "compilation error",
    "runtime error",
    "database error",
    "> in ",
    "> called by",
)


def find_project(start: Path | None = None) -> Path:
    """The folder of the dbt project.

    Args:
        start: where to look first, with the folders above it; default: the working directory. After that, the
            checkout that this package was installed from.

    Raises:
        UserError: there is no such project there.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, *Path(__file__).resolve().parents):
        if _is_project(folder):
            return folder
    raise UserError(
        f"no dbt project named {PROJECT_NAME} in {start} or above it: go to the folder of dbt_project.yml."
    )


def _is_project(folder: Path) -> bool:
    file = folder / "dbt_project.yml"
    if not file.is_file():
        return False
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return False
    return isinstance(settings, dict) and settings.get("name") == PROJECT_NAME


def project_variables(project: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a run: those of dbt_project.yml and, above them, those given."""
    said = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    return {**(said.get("vars") or {}), **given}


def database_path(given: Path | None = None) -> Path:
    """The DuckDB file to read: the one given, else that of the environment, else the working copy.

    A relative path in the environment counts from the project's folder, as it does for dbt.

    Raises:
        UserError: none was given and there is no project to look in.
    """
    if given is not None:
        return given
    return find_project() / (os.environ.get(DATABASE_VARIABLE) or "warehouse/service_kpis.duckdb")


# How seldom Python looks for garbage in a run of dbt: what dbt makes stays, and a tenth of its time went so.
GARBAGE_THRESHOLDS = (20_000, 20, 20)

# dbt that ends with the process that asked for it, which holds the other end of its standard input.
_DBT = f"""
import gc, os, threading

def end_with_parent():
    while os.read(0, 1):
        pass
    os._exit(1)

threading.Thread(target=end_with_parent, daemon=True).start()
gc.set_threshold{GARBAGE_THRESHOLDS}
from dbt.cli.main import cli
cli()
"""


@dataclass(frozen=True)
class DbtRun:
    """How a dbt command ended.

    Attributes:
        succeeded: dbt's exit code was 0.
        errors: what dbt said at level "error", without its references to templates; in order, none twice.
        signal: number of the signal that ended dbt; 0 if it ended by itself.
    """

    succeeded: bool
    errors: tuple[str, ...] = field(default=())
    signal: int = 0


def run_dbt(
    arguments: Sequence[str],
    *,
    project: Path,
    environment: Mapping[str, str] | None = None,
    on_step: Callable[[int, int], None] = lambda done, total: None,
    inherited: Sequence[int] = (),
) -> DbtRun:
    """Runs dbt in a process of its own and follows its log. It ends when this process does.

    Args:
        arguments: the command with its options, such as ``["build", "--select", "staging"]``.
        project: the folder of the project.
        environment: variables in addition to those of this process.
        on_step: told of each step that begins: its number and how many there are.
        inherited: file descriptors that stay open in that process, such as that of a lock.
    """
    options = ["--log-format", "json", "--log-format-file", "text", "--no-use-colors"]
    command = [sys.executable, "-c", _DBT, *options, *arguments]
    log: list[tuple[str, str]] = []
    with subprocess.Popen(
        command,
        cwd=project,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        pass_fds=inherited,
    ) as process:
        try:
            for line in process.stdout or ():
                event = _event(line)
                if event is None:
                    continue
                data = event.get("data") or {}
                if event["info"].get("name") == "LogStartLine":
                    on_step(int(data.get("index", 0)), int(data.get("total", 0)))
                if event["info"].get("level") == "error":
                    log.append((event["info"].get("name", ""), event["info"].get("msg", "")))
            # Its input must stay open until it is gone.
            process.wait()
        except BaseException:
            # Stopped, or the terminal is gone: whoever waited for dbt does not want it to go on.
            process.kill()
            raise
    return DbtRun(process.returncode == 0, reasons(log), signal=max(0, -process.returncode))


def _event(line: str) -> dict | None:
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("info"), dict) else None


def reasons(log: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Why dbt stopped, each reason once and in one line.

    Args:
        log: name and message of what dbt logged as errors. A failure is told three times: as a step that
            ended badly, as a headline with the name of its node, as its reason. Of a test the headline is
            wanted too.
    """
    found: list[str] = []
    headline = ""
    for name, message in log:
        if name == "RunResultFailure":
            headline = error_text(message)
            continue
        text = error_text(message)
        if not text or (name.startswith("Log") and name.endswith("Result")):
            continue
        if headline.lower().startswith("failure in test"):
            text = f"{headline}: {text}"
        headline = ""
        if text not in found:
            found.append(text)
    return tuple(found)


def error_text(message: str) -> str:
    """What dbt said, in one line, without its headings and its list of templates."""
    lines = (line.strip() for line in message.splitlines())
    return " ".join(line for line in lines if line and not line.lower().startswith(_ERROR_CHROME))
