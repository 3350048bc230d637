"""Files and folders: sealing a database, putting a version in place, switching to it, clearing up.

Each step can be the last one that a run gets to do. Until ``switch``, readers see the version before; a
version that is complete but was never switched to is removed by ``recover``.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb

from service_kpis.errors import UserError
from service_kpis.refresh.errors import DiskError
from service_kpis.refresh.layout import (
    DATABASE_FILE,
    MANIFEST_FILE,
    PRIVATE_FILE,
    PUBLISHED_MARK,
    Manifest,
    Warehouse,
)

# Linux: "this file shall share the blocks of that one until either is written to".
_FICLONE = 0x40049409
_LINK_PREFIX = ".current."
MIN_KEEP = 2

_DISK_ERRORS = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}
_DISK_ERRORS[errno.EFBIG] = "the largest file size allowed is reached"
_DISK_ERRORS[errno.EIO] = "the disk failed"


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turns what the system says of a full or failing disk into one clear line.

    Raises:
        DiskError: instead of the OSError, if it is one of the disk.
    """
    try:
        yield
    except OSError as error:
        said = disk_error(error, folder)
        if said is None:
            raise
        raise said from error


def disk_error(error: OSError, folder: Path) -> DiskError | None:
    """What to say of an error if it is one of the disk."""
    said = _DISK_ERRORS.get(error.errno or 0)
    return None if said is None else DiskError(disk_message(said, folder))


def disk_message(said: str, folder: Path) -> str:
    """One line about a disk, with what is free on it."""
    try:
        free = f"{shutil.disk_usage(folder).free / 1e9:.1f} GB free"
    except OSError:
        free = "how much is free is unknown"
    return f"{said} at {folder} ({free}); nothing was published: make room, then refresh again."


def copy_file(source: Path, target: Path) -> None:
    """A private, writable copy of a file: shared blocks where the file system can, else its bytes."""
    with source.open("rb") as read, target.open("xb") as write:
        os.fchmod(write.fileno(), 0o600)
        try:
            if not sys.platform.startswith("linux"):
                raise OSError(errno.EOPNOTSUPP, "no shared blocks")
            fcntl.ioctl(write.fileno(), _FICLONE, read.fileno())
        except OSError:
            # Within the system, where the bytes need not pass through Python.
            shutil.copyfile(source, target)


def seal(database: Path, mode: int) -> None:
    """Brings all of a database into its one file, for good: no write-ahead log, rights as given, on the disk.

    A log beside a file that is moved would be read as that of whatever file takes its place.

    Raises:
        DiskError: it could not be written to the end.
    """
    try:
        with duckdb.connect(str(database)) as connection:
            connection.execute("force checkpoint")
    except duckdb.Error as error:
        raise DiskError(
            disk_message(f"{database.name} could not be closed ({error})", database.parent)
        ) from error
    log = database.with_name(database.name + ".wal")
    if log.exists():
        raise DiskError(disk_message(f"{log.name} is still there after a checkpoint", database.parent))
    with disk_errors(database.parent):
        database.chmod(mode)
        fsync(database)


def place(warehouse: Warehouse, manifest: Manifest) -> None:
    """Moves a sealed and audited build to where versions are. Readers do not see it yet.

    Args:
        warehouse: its ``build`` has both databases.
        manifest: of the new version.
    """
    version = manifest.version
    state = warehouse.build / "state"
    published = warehouse.build / "version"
    with disk_errors(warehouse.root):
        for folder in (warehouse.versions, warehouse.states):
            folder.mkdir(exist_ok=True)
        warehouse.states.chmod(0o700)
        state.mkdir(mode=0o700)
        (warehouse.build / PRIVATE_FILE).rename(state / PRIVATE_FILE)
        published.mkdir()
        published.chmod(0o755)
        (warehouse.build / DATABASE_FILE).rename(published / DATABASE_FILE)
        write_file(published / MANIFEST_FILE, manifest.to_json(), mode=0o444)
        fsync(state)
        fsync(published)
        state.rename(warehouse.states / version)
        fsync(warehouse.states)
        published.rename(warehouse.versions / version)
        fsync(warehouse.versions)


def switch(warehouse: Warehouse, version: str) -> None:
    """Makes ``current`` point at a version: before one rename readers see the old one, after it the new."""
    link = warehouse.root / f"{_LINK_PREFIX}{os.getpid()}"
    with disk_errors(warehouse.root):
        link.unlink(missing_ok=True)
        link.symlink_to(Path(warehouse.versions.name) / version)
        link.replace(warehouse.current)
    # Readers have it: whatever happens now, it is published. The next run notes what could not be noted.
    with contextlib.suppress(OSError):
        fsync(warehouse.root)
        mark(warehouse, version)


def mark(warehouse: Warehouse, version: str) -> None:
    """Notes that a version has been ``current``."""
    write_file(warehouse.versions / version / PUBLISHED_MARK, "", mode=0o444)


def recover(warehouse: Warehouse) -> None:
    """Removes what a run left behind that ended in the middle; only under the writer's lock.

    ``current`` and all versions that it ever pointed at stay. ``build`` is not touched.
    """
    for link in warehouse.root.glob(f"{_LINK_PREFIX}*"):
        link.unlink()
    current = warehouse.current_version()
    if current is not None and not warehouse.is_published(current):
        mark(warehouse, current)
    kept = set(warehouse.published_versions())
    for folder in _folders(warehouse.versions) + _folders(warehouse.states):
        if folder.name not in kept:
            remove(warehouse, folder)
    shutil.rmtree(warehouse.trash, ignore_errors=True)


def prune(warehouse: Warehouse, keep: int) -> list[str]:
    """Removes versions beyond the newest ``keep`` and the private files of all but ``current``.

    What is current stays, and what a reader holds open: it may still write what does not fit into its memory
    beside the file.

    Returns:
        The versions that were removed.
    """
    current = warehouse.current_version()
    versions = warehouse.published_versions()
    spare = [version for version in versions[: -max(keep, MIN_KEEP)] if version != current]
    removed = [version for version in spare if not is_open(warehouse.database(version))]
    for version in removed:
        remove(warehouse, warehouse.versions / version)
    for folder in _folders(warehouse.states):
        if folder.name != current:
            remove(warehouse, folder)
    return removed


def remove(warehouse: Warehouse, folder: Path) -> None:
    """Removes a folder: first from where it is, then bit by bit. No half of it is ever found there."""
    warehouse.trash.mkdir(mode=0o700, exist_ok=True)
    target = warehouse.trash / f"{folder.parent.name}-{folder.name}"
    shutil.rmtree(target, ignore_errors=True)
    folder.rename(target)
    shutil.rmtree(target, ignore_errors=True)
    with contextlib.suppress(OSError):
        warehouse.trash.rmdir()


def is_open(file: Path) -> bool:
    """Does another process have a DuckDB file open? Known on Linux; elsewhere the answer is no."""
    if not sys.platform.startswith("linux"):
        return False
    question = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    try:
        with file.open("rb") as read:
            answer = fcntl.fcntl(read.fileno(), fcntl.F_GETLK, question)
    except OSError:
        return False
    return struct.unpack("hhqqi4x", answer)[0] != fcntl.F_UNLCK


def make_folder(folder: Path) -> None:
    """Makes a folder that can be written to.

    Raises:
        UserError: it is no folder, or not ours to write to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UserError(f"{folder} is a file: --warehouse takes a folder.") from None
    except OSError as error:
        raise _not_writable(folder, error) from error
    probe = folder / f".probe.{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise disk_error(error, folder) or _not_writable(folder, error) from error


def _not_writable(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"{folder} cannot be written to ({(error.strerror or str(error)).lower()}): give it to the user that "
        "refreshes, or choose another folder with --warehouse."
    )


def write_file(file: Path, text: str, *, mode: int = 0o644) -> None:
    """Writes a file whole or not at all, and to the disk."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    partial.write_text(text, encoding="utf-8")
    partial.chmod(mode)
    fsync(partial)
    partial.rename(file)
    fsync(file.parent)


def fsync(path: Path) -> None:
    """Waits until a file, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folders(folder: Path) -> list[Path]:
    return [entry for entry in sorted(folder.iterdir()) if entry.is_dir()] if folder.is_dir() else []
