"""What a refresh is on any engine: its settings, its inputs, its errors, its record."""

import contextlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb

from service_kpis.errors import UserError
from service_kpis.project import DbtRun, run_dbt
from service_kpis.raw_layout import RawTable
from service_kpis.refresh.audit import Comparison, Last, Limits, audit, named
from service_kpis.refresh.database import Database
from service_kpis.refresh.dbt_results import Results, read_results, save_rows
from service_kpis.refresh.errors import AuditError, BuildError, DiskError, TerminatedError
from service_kpis.refresh.history import RunRecord
from service_kpis.refresh.inputs import (
    Delivery,
    changed_files,
    missing_things,
    present_states,
    unreadable_file,
)
from service_kpis.refresh.layout import Manifest, Warehouse, instant_of, iso
from service_kpis.refresh.publish import disk_message
from service_kpis.refresh.settings import PROFILES_FILE

# What engines say when the disk is full; they do not say it as the system does.
_FULL_DISK = ("no space left", "disk quota exceeded", "file too large", "out of disk")
_INPUTS_AT_FAULT = ("raw inputs:", "variables:", "clock:")
_KILLED = 9


@dataclass(frozen=True)
class Settings:
    """What a refresh is asked to do.

    Attributes:
        project: folder of the dbt project.
        warehouse: folder that it publishes in.
        raw_path: folder of the raw tables; None for the demo.
        variables: dbt variables.
        keep: versions to keep.
        full_refresh: start from nothing.
        dry_run: do everything but publish.
        max_shrink: of a mart's rows against the last version, from 0 to 1.
        allow_shrink: less than the last version had is as it should be.
        max_age_hours: of the newest row; None for any.
    """

    project: Path
    warehouse: Path
    raw_path: Path | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    keep: int = 3
    full_refresh: bool = False
    dry_run: bool = False
    max_shrink: float = 0.1
    allow_shrink: bool = False
    max_age_hours: float | None = None


@dataclass(frozen=True)
class Outcome:
    """How a refresh went that went well.

    Attributes:
        manifest: of the new version.
        run: its row in the run history.
        is_published: readers open it now; False of a dry run.
        comparison: what is new against the last version.
        last: that version; None if this is the first.
    """

    manifest: Manifest
    run: RunRecord
    is_published: bool
    comparison: Comparison
    last: str | None


class Narrator(Protocol):
    """Who is told how far a refresh is."""

    def phase(self, text: str) -> None:
        """A part of the work begins."""

    def step(self, done: int, total: int) -> None:
        """A step of that part begins."""


@dataclass
class Run:
    """What is known of a run so far, for its record if it fails, and how the project describes inputs."""

    version: str
    started_at: datetime
    layout: Mapping[str, RawTable]
    policies: list[str]
    is_incremental: bool | None = None
    rows_read: int | None = None
    rows_rejected: int | None = None
    results: Results = field(default_factory=Results)

    def record(self, status: str, reason: str | None, finished_at: datetime) -> RunRecord:
        """Its row in the run history."""
        return RunRecord(
            version=self.version,
            status=status,
            started_at=iso(self.started_at),
            finished_at=iso(finished_at),
            duration_seconds=round((finished_at - self.started_at).total_seconds(), 3),
            is_incremental=self.is_incremental,
            rows_read=self.rows_read,
            rows_rejected=self.rows_rejected,
            tests_passed=self.results.tests_passed or None,
            tests_warned=self.results.tests_warned if self.results.tests_passed else None,
            reason=reason,
        )


def check_clock(started_at: datetime, last: Manifest | None) -> None:
    """Looks whether the run starts after the last version was finished.

    Raises:
        UserError: it does not, so that nobody could tell which is newer.
    """
    if last is not None and started_at < instant_of(last.finished_at):
        raise UserError(
            f"the clock stepped back: it says {iso(started_at)}, and the last version was finished at "
            f"{last.finished_at}; set the clock right (if it was wrong then: `service-kpis rollback` first)."
        )


def demo_instead(source: str | None, last: Manifest | None, *, is_allowed: bool, how: str) -> None:
    """Looks whether the demo would take the place of somebody's own data.

    Raises:
        UserError: it would, and nobody said that it may.
    """
    if source is None and last is not None and last.raw_path and not is_allowed:
        raise UserError(
            f"the last version was built from {last.raw_path}, and this one would be the demo: name {how} "
            "(or say --allow-shrink)."
        )


def check_nothing_is_missing(
    where: str, last: Manifest | None, tables: Mapping[str, list[str]], *, is_allowed: bool
) -> None:
    """Looks whether all raw tables and columns of the last version are delivered again.

    Raises:
        UserError: one is not, and nobody said that it may.
    """
    missing = missing_things(last.tables, tables) if last else []
    if missing and not is_allowed:
        raise UserError(
            f"{where} lacks what the last version was built from: {named(missing)}; deliver it "
            "again, or say --allow-shrink if it is gone for good."
        )


def check_unchanged(run: Run, delivery: Delivery | None) -> None:
    """Looks whether the files are those that were there before they were read.

    Raises:
        UserError: one is not, so that nobody knows what was read.
    """
    if delivery is None:
        return
    states = present_states(delivery.folder, run.layout, run.policies)
    changed = changed_files(delivery, states)
    if changed:
        raise UserError(
            f"{delivery.folder} changed while it was read ({named(changed)}): let its writer finish, best by "
            "writing elsewhere and renaming, then refresh again."
        )


def build(
    run: Run,
    settings: Settings,
    variables: Mapping[str, Any],
    *,
    target: str,
    folder: Path,
    environment: Mapping[str, str],
    narrator: Narrator,
    options: Sequence[str] = (),
    inherited: Sequence[int] = (),
) -> DbtRun:
    """Runs `dbt build` with all data tests; how it went is in ``run.results``.

    Args:
        run: the run.
        settings: of the refresh.
        variables: dbt variables.
        target: of the profile.
        folder: for dbt's own files and its log.
        environment: what the profile reads.
        narrator: is told of the steps.
        options: more of dbt's options.
        inherited: file descriptors that dbt's process keeps open.
    """
    narrator.phase("Building and testing")
    dbt = run_dbt(
        [
            "build",
            *("--target", target),
            # Unit tests are about code, not about data.
            *("--exclude-resource-type", "unit_test"),
            *("--vars", json.dumps(dict(variables), default=str)),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
            *(["--full-refresh"] if settings.full_refresh else []),
            *options,
        ],
        project=settings.project,
        environment=environment,
        on_step=narrator.step,
        inherited=inherited,
    )
    run.results = read_results(folder / "target")
    return dbt


def build_error(
    run: Run,
    settings: Settings,
    dbt: DbtRun,
    delivery: Delivery | None,
    *,
    target: str,
    disk: Path | str,
    tested: Callable[[], AbstractContextManager[Database]],
) -> UserError:
    """Why dbt failed, in one line. The rows that failed tests found are written down, unless it is a dry run.

    Args:
        run: the run.
        settings: of the refresh.
        dbt: how it ended.
        delivery: the files that were read; None if there were none.
        target: of the profile.
        disk: the folder, or what else has the disk, that is built on.
        tested: opens what was built.
    """
    warehouse = Warehouse(settings.warehouse)
    said = " ".join(dbt.errors).lower()
    if any(words in said for words in _FULL_DISK):
        return full_disk(disk)
    if dbt.signal:
        why = "perhaps for want of memory" if dbt.signal == _KILLED else "that is a crash"
        return BuildError(
            f"dbt was ended by signal {dbt.signal}, {why}: threads, and DuckDB's memory_limit, are in target "
            f"{target} of {PROFILES_FILE}.",
            ["dbt"],
        )
    faults = [text for text in dbt.errors if any(words in text.lower() for words in _INPUTS_AT_FAULT)]
    if faults:
        return UserError(faults[0])
    if delivery is not None and (unreadable := unreadable_file(delivery.files)):
        return UserError(unreadable)
    tests = run.results.failed_tests
    if tests and not run.results.failed_nodes:
        lines = [f"{test.name} ({test.rows:,} {'row' if test.rows == 1 else 'rows'})" for test in tests]
        where = "a refresh that is no dry run keeps the rows"
        if not settings.dry_run:
            folder = failed_folder(warehouse, run.version)
            is_saved = False
            with contextlib.suppress(duckdb.Error, UserError), tested() as database:
                is_saved = save_rows(database, tests, folder)
            where = f"their rows are in {folder}" if is_saved else f"its log is in {folder}"
        return BuildError(f"data tests failed: {named(lines)}; {where}.", [test.name for test in tests])
    reason = dbt.errors[0] if dbt.errors else "dbt stopped without saying why"
    nodes = run.results.failed_nodes or ("dbt",)
    log = "" if settings.dry_run else f"; its log is in {failed_folder(warehouse, run.version)}"
    return BuildError(f"the build stopped: {reason.rstrip('.')}{log}.", nodes)


def failed_folder(warehouse: Warehouse, version: str) -> Path:
    """The folder for the traces of a run that failed; it is made."""
    folder = warehouse.failed / version
    warehouse.failed.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def keep_log(warehouse: Warehouse, version: str, log: Path) -> None:
    """Puts dbt's log to the traces of a run that failed, if it can be: the disk may be full."""
    with contextlib.suppress(OSError):
        if log.is_file():
            shutil.copyfile(log, failed_folder(warehouse, version) / "dbt.log")


def remove_traces(warehouse: Warehouse, keep: int) -> None:
    """Removes traces of failed runs but the newest."""
    for folder in sorted(warehouse.failed.glob("*"))[:-keep]:
        shutil.rmtree(folder, ignore_errors=True)


def check_sound(
    run: Run,
    settings: Settings,
    variables: Mapping[str, Any],
    database: Database,
    last: Last | None,
    *,
    tables: Sequence[str],
    is_first: bool,
) -> None:
    """Audits what is to be published.

    Args:
        run: the run.
        settings: of the refresh.
        variables: all dbt variables of the run, those of the project included.
        database: what is to be published.
        last: what was published last, if it can be compared with.
        tables: what dbt built to be published.
        is_first: nothing was published before.

    Raises:
        AuditError: it breaks a rule.
    """
    limits = Limits(
        max_rejected_share=float(variables.get("max_rejected_share", Limits.max_rejected_share)),
        max_shrink=settings.max_shrink,
        allow_shrink=settings.allow_shrink,
        max_age_hours=settings.max_age_hours,
        is_masked=bool(variables.get("mask_personal_data", True)),
    )
    personal = {
        name: [column.name for column in table.columns.values() if column.is_personal]
        for name, table in run.layout.items()
    }
    broken = audit(database, last, limits=limits, tables=tables, personal=personal, now=run.started_at)
    if broken:
        shrunk = (
            "" if settings.allow_shrink or is_first else " (--allow-shrink, if less than before is right)"
        )
        rules = "rule" if len(broken) == 1 else "rules"
        raise AuditError(f"the audit found {len(broken)} {rules} broken{shrunk}.", broken)


def full_disk(disk: Path | str) -> DiskError:
    """What to say of a disk that is full: that of a folder, or of whatever is named."""
    if isinstance(disk, Path):
        return DiskError(disk_message("the disk is full", disk))
    return DiskError(f"the disk of {disk} is full; nothing was published: make room, then refresh again.")


def engine_error(error: Exception, disk: Path | str) -> UserError:
    """What an engine said while a finished warehouse was looked at.

    Args:
        error: what it raised.
        disk: the folder, or what else has the disk, that it works on.
    """
    said = " ".join(str(error).splitlines()[:1])
    if any(words in said.lower() for words in _FULL_DISK):
        return full_disk(disk)
    return AuditError(f"the finished warehouse could not be audited: {said}.", ["audit"])


_STATUSES = {
    BuildError: "build_failed",
    AuditError: "audit_failed",
    DiskError: "disk_failed",
    TerminatedError: "stopped",
}


def status_of(error: BaseException) -> str:
    """The status of a run that ended so, in the run history."""
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return status
    if isinstance(error, UserError):
        return "inputs_wrong"
    return "disk_failed" if isinstance(error, OSError) else "stopped"


def reason_of(error: BaseException) -> str | None:
    """Names alone: a message may quote what is in a row."""
    if isinstance(error, BuildError):
        return named(error.nodes)
    if isinstance(error, AuditError):
        return "; ".join(error.broken)
    return None
