"""One refresh at a time: an advisory lock on ``.writer.lock``, which says who holds it since when."""

import contextlib
import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from service_kpis.refresh.errors import LockError
from service_kpis.refresh.layout import instant_of, iso, now, read_json

# dbt is a process of its own and ends a moment after the process that started it was killed.
_PATIENCE_SECONDS = 10.0


@contextlib.contextmanager
def writer_lock(file: Path, *, command: str) -> Iterator[int]:
    """Holds the lock while open. The system frees it when its holders end, however they end.

    Gives the file descriptor that holds it: a child process that inherits it holds the lock as well.

    Raises:
        LockError: another process holds it; the message says which, and for how long.
    """
    descriptor = _acquire(file)
    try:
        owner = {"host": socket.gethostname(), "pid": os.getpid(), "user": _user(), "since": iso(now())}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({**owner, "command": command}).encode(), 0)
        yield descriptor
    finally:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
        os.close(descriptor)


def _acquire(file: Path) -> int:
    patient_until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            owner = read_json(file)
            if not _is_dead(owner) or time.monotonic() > patient_until:
                raise LockError(_held(file, owner)) from None
            time.sleep(0.05)
            continue
        # Who held it before may have removed the file with its lock: then this is the lock of nothing.
        if _is_same_file(descriptor, file):
            return descriptor
        os.close(descriptor)


def _is_same_file(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False


def _is_dead(owner: dict) -> bool:
    """The process that wrote its name into the lock ran on this machine and runs no more."""
    if owner.get("host") != socket.gethostname() or not isinstance(owner.get("pid"), int):
        return False
    try:
        os.kill(owner["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _held(file: Path, owner: dict) -> str:
    if not owner:
        return f"{file} is held by another refresh: wait until it has ended."
    seconds = max(0, int((now() - instant_of(owner["since"])).total_seconds()))
    age = f"{seconds // 60} min" if seconds >= 120 else f"{seconds} s"
    return (
        f"a {owner['command']} is at work for {age} (process {owner['pid']} of {owner['user']} on "
        f"{owner['host']}, since {owner['since']}): wait until it has ended, or stop it."
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have no name.
        return str(os.getuid())
