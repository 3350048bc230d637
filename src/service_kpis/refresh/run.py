"""The refresh: from the raw folder to the version that readers open."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb

from service_kpis.connectors.layout import RawTable, policy_names, raw_layout
from service_kpis.errors import UserError
from service_kpis.project import DATABASE_VARIABLE, RAW_PATH_VARIABLE, run_dbt
from service_kpis.refresh import settings as profile
from service_kpis.refresh.audit import Comparison, Limits, audit, compare, count_rows, named, read_last
from service_kpis.refresh.dbt_results import Results, drop_strays, read_results, save_rows
from service_kpis.refresh.errors import AuditError, BuildError, DiskError, TerminatedError
from service_kpis.refresh.history import (
    RunRecord,
    add_to_journal,
    read_history,
    read_journal,
    write_history,
    write_journal,
)
from service_kpis.refresh.inputs import (
    Delivery,
    changed_files,
    missing_things,
    present_states,
    read_delivery,
    unreadable_file,
)
from service_kpis.refresh.layout import (
    DATABASE_FILE,
    LAYOUT,
    PRIVATE_DATABASE,
    PRIVATE_FILE,
    Manifest,
    Warehouse,
    instant_of,
    iso,
    now,
    read_json,
    version_name,
)
from service_kpis.refresh.lock import writer_lock
from service_kpis.refresh.publish import (
    copy_file,
    disk_errors,
    disk_message,
    make_folder,
    place,
    prune,
    recover,
    remove,
    seal,
    switch,
)

REFRESH_PATH_VARIABLE = "SERVICE_KPIS_REFRESH_PATH"
PRIVATE_DATABASE_VARIABLE = "SERVICE_KPIS_PRIVATE_DATABASE"
OWNER_FILE = "owner.json"

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
class _Run:
    """What is known of the run so far, for its record if it fails, and how the project describes inputs."""

    version: str
    started_at: datetime
    layout: Mapping[str, RawTable]
    policies: list[str]
    is_incremental: bool | None = None
    rows_read: int | None = None
    rows_rejected: int | None = None
    results: Results = field(default_factory=Results)

    def record(self, status: str, reason: str | None, finished_at: datetime) -> RunRecord:
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


def refresh(settings: Settings, narrator: Narrator) -> Outcome:
    """Builds a new version in private, audits it and publishes it. On any error readers keep what they had.

    Raises:
        UserError: wrong use, or wrong inputs.
        BuildError: dbt stopped, or a data test failed.
        AuditError: the finished warehouse breaks a rule.
        LockError: another refresh or rollback is at work.
        DiskError: the disk is full, or fails.
    """
    profile.check_variables(profile.project_variables(settings.project, settings.variables))
    profiles = profile.check_profile(settings.project)
    warehouse = Warehouse(settings.warehouse)
    made = _folders_to_make(warehouse.root)
    make_folder(warehouse.root)
    try:
        with writer_lock(warehouse.lock, command="refresh") as lock, disk_errors(warehouse.root):
            outcome = _refresh(settings, warehouse, profiles, narrator, lock)
            if settings.dry_run:
                _leave_nothing(warehouse)
            return outcome
    finally:
        if settings.dry_run:
            for folder in made:
                _remove_if_empty(folder)


def _refresh(
    settings: Settings, warehouse: Warehouse, profiles: Path, narrator: Narrator, lock: int
) -> Outcome:
    _bury_the_dead(warehouse)
    last = warehouse.current_version()
    last_manifest = warehouse.manifest(last) if last else None
    started_at = now()
    run = _Run(
        version_name(warehouse, started_at),
        started_at,
        raw_layout(settings.project),
        policy_names(settings.project),
    )
    try:
        _check_clock(started_at, last_manifest)
        delivery = _look_at_inputs(run, settings, last_manifest)
        _begin_build(warehouse, run, settings, last, last_manifest, narrator)
        _build(warehouse, run, settings, profiles, delivery, narrator, lock)
        manifest, record, comparison = _audit(warehouse, run, settings, delivery, last, narrator)
        if not settings.dry_run:
            narrator.phase("Publishing")
            place(warehouse, manifest)
            switch(warehouse, run.version)
    except duckdb.Error as error:
        said = _engine_error(warehouse, error)
        _fail(warehouse, run, said, is_dry=settings.dry_run)
        raise said from error
    except BaseException as error:
        _fail(warehouse, run, error, is_dry=settings.dry_run)
        raise
    if not settings.dry_run:
        _tidy_up(warehouse, settings.keep, record)
    _remove_build(warehouse)
    return Outcome(manifest, record, not settings.dry_run, comparison, last)


# Before the build


def _bury_the_dead(warehouse: Warehouse) -> None:
    """Clears up after a run that was killed, and notes it."""
    owner = read_json(warehouse.build / OWNER_FILE)
    current = warehouse.current_version()
    if owner and not owner.get("dry_run") and owner.get("version") != current:
        known = {run.version for run in read_journal(warehouse)}
        if owner["version"] not in known:
            add_to_journal(
                warehouse,
                RunRecord(version=owner["version"], status="killed", started_at=owner["started_at"]),
            )
    _remove_build(warehouse)
    recover(warehouse)


def _remove_build(warehouse: Warehouse) -> None:
    if warehouse.build.exists():
        remove(warehouse, warehouse.build)


def _check_clock(started_at: datetime, last: Manifest | None) -> None:
    if last is not None and started_at < instant_of(last.finished_at):
        raise UserError(
            f"the clock stepped back: it says {iso(started_at)}, and the last version was finished at "
            f"{last.finished_at}; set the clock right (if it was wrong then: `service-kpis rollback` first)."
        )


def _look_at_inputs(run: _Run, settings: Settings, last: Manifest | None) -> Delivery | None:
    if settings.raw_path is None:
        if last is not None and last.raw_path and not settings.allow_shrink:
            raise UserError(
                f"the last version was built from {last.raw_path}, and this one would be the demo: name the "
                f"folder with --raw-path or in {RAW_PATH_VARIABLE} (or say --allow-shrink)."
            )
        return None
    delivery = read_delivery(settings.raw_path.absolute(), run.layout, run.policies)
    missing = missing_things(last.tables, delivery.tables) if last else []
    if missing and not settings.allow_shrink:
        raise UserError(
            f"{delivery.folder} lacks what the last version was built from: {named(missing)}; deliver it "
            "again, or say --allow-shrink if it is gone for good."
        )
    return delivery


def _begin_build(
    warehouse: Warehouse,
    run: _Run,
    settings: Settings,
    last: str | None,
    last_manifest: Manifest | None,
    narrator: Narrator,
) -> None:
    """Makes the folder to build in, with copies of the last version's files if it may build on them."""
    warehouse.build.mkdir(mode=0o700)
    owner = {
        "version": run.version,
        "started_at": iso(run.started_at),
        "pid": os.getpid(),
        "dry_run": settings.dry_run,
    }
    (warehouse.build / OWNER_FILE).write_text(json.dumps(owner), encoding="utf-8")
    raw_path = str(settings.raw_path.absolute()) if settings.raw_path else None
    run.is_incremental = bool(
        last
        and last_manifest
        and not settings.full_refresh
        and last_manifest.layout == LAYOUT
        and last_manifest.raw_path == raw_path
        and warehouse.private(last).is_file()
    )
    if not (run.is_incremental and last):
        return
    files = {warehouse.database(last): DATABASE_FILE, warehouse.private(last): PRIVATE_FILE}
    size = sum(file.stat().st_size for file in files)
    narrator.phase(f"Copying the last version ({size / 1e6:,.0f} MB)")
    if shutil.disk_usage(warehouse.root).free < size:
        raise DiskError(
            disk_message(f"no room for a copy of the last version ({size / 1e9:.1f} GB)", warehouse.root)
        )
    for source, name in files.items():
        copy_file(source, warehouse.build / name)


# The build


def _build(
    warehouse: Warehouse,
    run: _Run,
    settings: Settings,
    profiles: Path,
    delivery: Delivery | None,
    narrator: Narrator,
    lock: int,
) -> None:
    target, logs = warehouse.build / "target", warehouse.build / "logs"
    raw_path = str(delivery.folder) if delivery else None
    variables = {name: value for name, value in settings.variables.items() if name != "raw_path"}
    if raw_path:
        variables["raw_path"] = raw_path
    narrator.phase("Building and testing")
    dbt = run_dbt(
        [
            "build",
            *("--target", profile.TARGET, "--profiles-dir", str(profiles)),
            # Unit tests are about code, not about data.
            *("--exclude-resource-type", "unit_test"),
            *("--vars", json.dumps(variables, default=str)),
            *("--target-path", str(target), "--log-path", str(logs)),
            *(["--full-refresh"] if settings.full_refresh else []),
            *(
                ["--partial-parse-file-path", str(warehouse.parse_cache)]
                if warehouse.parse_cache.is_file()
                else []
            ),
        ],
        project=settings.project,
        environment={
            REFRESH_PATH_VARIABLE: str(warehouse.build),
            PRIVATE_DATABASE_VARIABLE: PRIVATE_DATABASE,
            RAW_PATH_VARIABLE: raw_path or "",
            DATABASE_VARIABLE: str(warehouse.build / DATABASE_FILE),
        },
        on_step=narrator.step,
        inherited=[lock],
    )
    run.results = read_results(target)
    _check_unchanged(run, delivery)
    if not dbt.succeeded:
        raise _build_error(warehouse, run, settings, dbt.errors, dbt.signal, delivery)
    run.rows_read, run.rows_rejected = count_rows(warehouse.build / DATABASE_FILE)


def _check_unchanged(run: _Run, delivery: Delivery | None) -> None:
    if delivery is None:
        return
    states = present_states(delivery.folder, run.layout, run.policies)
    changed = changed_files(delivery, states)
    if changed:
        raise UserError(
            f"{delivery.folder} changed while it was read ({named(changed)}): let its writer finish, best by "
            "writing elsewhere and renaming, then refresh again."
        )


def _build_error(
    warehouse: Warehouse,
    run: _Run,
    settings: Settings,
    errors: tuple[str, ...],
    signal: int,
    delivery: Delivery | None,
) -> UserError:
    """Why dbt failed, in one line."""
    said = " ".join(errors).lower()
    if any(words in said for words in _FULL_DISK):
        return DiskError(disk_message("the disk is full", warehouse.root))
    if signal:
        why = "perhaps for want of memory" if signal == _KILLED else "that is a crash"
        return BuildError(
            f"dbt was ended by signal {signal}, {why}: memory_limit and threads are in target "
            f"{profile.TARGET} of {profile.PROFILES_FILE}.",
            ["dbt"],
        )
    faults = [text for text in errors if any(words in text.lower() for words in _INPUTS_AT_FAULT)]
    if faults:
        return UserError(faults[0])
    if delivery is not None and (unreadable := unreadable_file(delivery.files)):
        return UserError(unreadable)
    tests = run.results.failed_tests
    if tests and not run.results.failed_nodes:
        lines = [f"{test.name} ({test.rows:,} {'row' if test.rows == 1 else 'rows'})" for test in tests]
        where = "a refresh that is no dry run keeps the rows"
        if not settings.dry_run:
            folder = _failed_folder(warehouse, run)
            is_saved = save_rows(warehouse.build, tests, folder)
            where = f"their rows are in {folder}" if is_saved else f"its log is in {folder}"
        return BuildError(f"data tests failed: {named(lines)}; {where}.", [test.name for test in tests])
    reason = errors[0] if errors else "dbt stopped without saying why"
    nodes = run.results.failed_nodes or ("dbt",)
    log = "" if settings.dry_run else f"; its log is in {_failed_folder(warehouse, run)}"
    return BuildError(f"the build stopped: {reason.rstrip('.')}{log}.", nodes)


# After the build


def _audit(
    warehouse: Warehouse,
    run: _Run,
    settings: Settings,
    delivery: Delivery | None,
    last: str | None,
    narrator: Narrator,
) -> tuple[Manifest, RunRecord, Comparison]:
    narrator.phase("Auditing")
    database, private = warehouse.build / DATABASE_FILE, warehouse.build / PRIVATE_FILE
    last_database = warehouse.database(last) if last else None
    last_figures = read_last(last_database) if last_database else None
    drop_strays(database, run.results.tables)
    comparison = compare(database, last_figures)
    finished_at = now()
    record = RunRecord(
        **{
            **asdict(run.record("published", None, finished_at)),
            "changed_kpi_count": len(comparison.changed_kpis) if last else None,
            "new_signal_count": len(comparison.new_signals) if last else None,
        }
    )
    history = read_history(last_database) if last_database else []
    write_history(database, [*history, *read_journal(warehouse), record])
    seal(private, 0o600)
    seal(database, 0o444)

    variables = profile.project_variables(settings.project, settings.variables)
    limits = Limits(
        max_rejected_share=float(variables.get("max_rejected_share", Limits.max_rejected_share)),
        max_shrink=settings.max_shrink,
        allow_shrink=settings.allow_shrink,
        max_age_hours=settings.max_age_hours,
        is_masked=bool(variables.get("mask_personal_data", True)),
    )
    broken = audit(
        database,
        private,
        last_figures,
        limits=limits,
        tables=run.results.tables,
        personal={
            name: [column.name for column in table.columns.values() if column.is_personal]
            for name, table in run.layout.items()
        },
        now=run.started_at,
    )
    if broken:
        shrunk = (
            "" if settings.allow_shrink or last is None else " (--allow-shrink, if less than before is right)"
        )
        raise AuditError(
            f"the audit found {len(broken)} {'rule' if len(broken) == 1 else 'rules'} broken{shrunk}.", broken
        )
    manifest = Manifest(
        version=run.version,
        started_at=iso(run.started_at),
        finished_at=iso(finished_at),
        raw_path=str(delivery.folder) if delivery else None,
        tables=dict(delivery.tables) if delivery else {},
        rows_read=run.rows_read or 0,
        rows_rejected=run.rows_rejected or 0,
        is_incremental=bool(run.is_incremental),
        size_bytes=database.stat().st_size,
    )
    return manifest, record, comparison


def _tidy_up(warehouse: Warehouse, keep: int, record: RunRecord) -> None:
    """What is left to do when readers have the new version. If it fails, the refresh has not failed."""
    try:
        cache = warehouse.build / "target" / warehouse.parse_cache.name
        if cache.is_file():
            cache.replace(warehouse.parse_cache)
        published = {run.version for run in read_history(warehouse.database(record.version))}
        write_journal(warehouse, [run for run in read_journal(warehouse) if run.version not in published])
        prune(warehouse, keep)
        for folder in sorted(warehouse.failed.glob("*"))[:-keep]:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        # The next run does it.
        return


def _engine_error(warehouse: Warehouse, error: duckdb.Error) -> UserError:
    said = str(error).splitlines()[0]
    if any(words in said.lower() for words in _FULL_DISK):
        return DiskError(disk_message("the disk is full", warehouse.root))
    return AuditError(f"the finished warehouse could not be audited: {said}.", ["audit"])


def _failed_folder(warehouse: Warehouse, run: _Run) -> Path:
    folder = warehouse.failed / run.version
    warehouse.failed.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


_STATUSES = {
    BuildError: "build_failed",
    AuditError: "audit_failed",
    DiskError: "disk_failed",
    TerminatedError: "stopped",
}


def _fail(warehouse: Warehouse, run: _Run, error: BaseException, *, is_dry: bool) -> None:
    """Clears up after a run that failed, and notes it as well as it can: the disk may be full."""
    if warehouse.current_version() == run.version:
        # Stopped when readers had it already: it did not fail.
        return
    try:
        if not is_dry and isinstance(error, BuildError):
            log = warehouse.build / "logs" / "dbt.log"
            if log.is_file():
                shutil.copyfile(log, _failed_folder(warehouse, run) / "dbt.log")
    except OSError:
        pass
    try:
        _remove_build(warehouse)
        if is_dry:
            _leave_nothing(warehouse)
        else:
            add_to_journal(warehouse, run.record(_status(error), _reason(error), now()))
    except OSError:
        return


def _status(error: BaseException) -> str:
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return status
    if isinstance(error, UserError):
        return "inputs_wrong"
    return "disk_failed" if isinstance(error, OSError) else "stopped"


def _reason(error: BaseException) -> str | None:
    """Names alone: a message may quote what is in a row."""
    if isinstance(error, BuildError):
        return named(error.nodes)
    if isinstance(error, AuditError):
        return "; ".join(error.broken)
    return None


# Dry runs


def _folders_to_make(root: Path) -> list[Path]:
    return [folder for folder in (root, *root.parents) if not folder.exists()]


def _leave_nothing(warehouse: Warehouse) -> None:
    """After a dry run where nothing was published yet: not even the lock."""
    if warehouse.current_version() is None and not warehouse.published_versions():
        _remove_if_empty(warehouse.states)
        others = [entry for entry in warehouse.root.iterdir() if entry != warehouse.lock]
        if not others:
            warehouse.lock.unlink(missing_ok=True)


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
