"""A command as a whole process: seconds by the clock, seconds of processor, peak memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What a process took: wall and cpu in seconds, peak resident memory in bytes (its largest process)."""

    wall: float
    cpu: float
    memory: int


class CommandError(Exception):
    """A measured command failed; tells which, and where its output is."""


def measured(
    command: Sequence[str], log: Path, cwd: Path, environment: Mapping[str, str] | None = None
) -> Cost:
    """Run a command to its end; its output goes to a file.

    Raises:
        CommandError: it ended with another code than 0.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        # Of this process and those that it waited for, not of all that ran before it.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise CommandError(f"exit code {process.returncode} of {' '.join(command)}; see {log}")
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if os.uname().sysname == "Darwin" else 1024
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)
