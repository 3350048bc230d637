"""What was delivered: the files of the raw tables and their columns, before a build and after it."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from service_kpis.errors import UserError
from service_kpis.raw_layout import RawTable, entries_of


@dataclass(frozen=True)
class FileState:
    """What tells that a file is not the one it was: its size in bytes, its last change in ns, its inode."""

    size: int
    changed_ns: int
    inode: int


@dataclass(frozen=True)
class Delivery:
    """The raw folder at one moment.

    Attributes:
        folder: the folder, whole path.
        files: state of each file that a build reads, by path.
        tables: columns delivered that the raw layer knows, by raw table.
    """

    folder: Path
    files: Mapping[Path, FileState]
    tables: Mapping[str, list[str]]


def read_delivery(folder: Path, layout: Mapping[str, RawTable], policies: Iterable[str]) -> Delivery:
    """Looks at a raw folder without reading its rows.

    Args:
        folder: the folder.
        layout: the raw tables by name.
        policies: names of the policy tables, whose CSV files may stand there too.

    Raises:
        UserError: there is no such folder, it holds no raw table, or a file cannot be opened, or is named
            as a Parquet file and is none.
    """
    entries = entries_of(folder)
    files: dict[Path, FileState] = {}
    tables: dict[str, list[str]] = {}
    for name, table in layout.items():
        found = table_files(folder, name)
        columns: set[str] = set()
        for file in found:
            files[file] = file_state(file)
            columns.update(file_columns(file))
        if found:
            tables[name] = [column for column in table.columns if column in columns]
    if not tables:
        raise UserError(f"no file of a raw table in {folder}: is it mounted, and is it the right one?")
    for name in policies:
        if f"{name}.csv" in entries:
            files[folder / f"{name}.csv"] = file_state(folder / f"{name}.csv")
    return Delivery(folder, files, tables)


def table_files(folder: Path, table: str) -> list[Path]:
    """The files of a raw table: ``<table>.csv``, ``<table>.parquet``, or what is in ``<table>/``."""
    found = [file for suffix in (".csv", ".parquet") if (file := folder / f"{table}{suffix}").is_file()]
    if (folder / table).is_dir():
        found += sorted(
            file
            for file in (folder / table).rglob("*")
            if file.suffix in (".csv", ".parquet") and file.is_file()
        )
    return found


def file_state(file: Path) -> FileState:
    """The state of a file now.

    Raises:
        UserError: it is gone, or not ours to read.
    """
    try:
        with file.open("rb"):
            state = file.stat()
    except OSError as error:
        raise UserError(f"{file} cannot be read ({(error.strerror or str(error)).lower()}).") from error
    return FileState(state.st_size, state.st_mtime_ns, state.st_ino)


def file_columns(file: Path) -> list[str]:
    """The names in a file's header, as a build reads them.

    Raises:
        UserError: it is named as a Parquet file and is none, or is cut short.
    """
    if file.suffix == ".parquet":
        try:
            described = duckdb.execute("describe select * from read_parquet($file)", {"file": str(file)})
            return [row[0].strip().lower() for row in described.fetchall()]
        except duckdb.Error as error:
            raise UserError(_unreadable(file, error)) from error
    try:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            return [name.strip().lower() for name in next(csv.reader(lines), [])]
    except csv.Error:
        # A build says what is wrong with it.
        return []


def unreadable_file(files: Iterable[Path]) -> str | None:
    """What to say of the first Parquet file that cannot be read to its end; None if all can.

    Reads them whole: asked only after a build has failed, because the engine does not say which file it was.
    """
    for file in files:
        if file.suffix != ".parquet":
            continue
        try:
            with duckdb.connect() as connection:
                connection.execute(
                    "select bit_xor(hash(columns(*))) from read_parquet($file)", {"file": str(file)}
                ).fetchall()
        except duckdb.Error as error:
            return _unreadable(file, error)
    return None


def _unreadable(file: Path, error: duckdb.Error) -> str:
    said = str(error).splitlines()[0].removeprefix("Invalid Input Error: ").replace(f"'{file}'", "it")
    return f"{file} is no whole Parquet file ({said}): deliver it again."


def changed_files(before: Delivery, files: Mapping[Path, FileState]) -> list[str]:
    """Files that are not what they were, each with what happened to it."""
    found = []
    for file in sorted(before.files.keys() | files.keys()):
        was, is_now = before.files.get(file), files.get(file)
        if was == is_now:
            continue
        name = file.relative_to(before.folder)
        if was is None:
            found.append(f"{name} appeared")
        elif is_now is None:
            found.append(f"{name} vanished")
        elif was.size != is_now.size:
            found.append(f"{name} went from {was.size:,} to {is_now.size:,} bytes")
        else:
            found.append(f"{name} was written again")
    return found


def present_states(
    folder: Path, layout: Mapping[str, RawTable], policies: Iterable[str]
) -> dict[Path, FileState]:
    """The states of a folder's files now, those left out that cannot be looked at."""
    states: dict[Path, FileState] = {}
    paths = [file for name in layout for file in table_files(folder, name)]
    for file in [*paths, *(folder / f"{name}.csv" for name in policies)]:
        try:
            found = file.stat()
        except OSError:
            continue
        states[file] = FileState(found.st_size, found.st_mtime_ns, found.st_ino)
    return states


def missing_things(before: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]]) -> list[str]:
    """Tables, then columns of tables, that the last version had and this delivery lacks."""
    tables = [f"table {table}" for table in before if table not in now]
    columns = [
        f"column {column} of {table}"
        for table, names in before.items()
        if table in now
        for column in names
        if column not in now[table]
    ]
    return tables + columns
