"""The refresh on DuckDB: from the raw folder to the file that readers open."""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path

import duckdb

from service_kpis.project import DATABASE_VARIABLE, RAW_PATH_VARIABLE, project_variables
from service_kpis.raw_layout import policy_names, raw_layout
from service_kpis.refresh import settings as profile
from service_kpis.refresh.audit import (
    Comparison,
    compare,
    count_rows,
    last_of_file,
)
from service_kpis.refresh.database import duckdb_files
from service_kpis.refresh.dbt_results import drop_strays
from service_kpis.refresh.errors import BuildError, DiskError
from service_kpis.refresh.flow import (
    Narrator,
    Outcome,
    Run,
    Settings,
    build,
    build_error,
    check_clock,
    check_nothing_is_missing,
    check_sound,
    check_unchanged,
    demo_instead,
    engine_error,
    keep_log,
    reason_of,
    remove_traces,
    status_of,
)
from service_kpis.refresh.history import (
    RunRecord,
    add_to_journal,
    history_of_file,
    read_journal,
    write_history,
    write_journal,
)
from service_kpis.refresh.inputs import (
    Delivery,
    read_delivery,
)
from service_kpis.refresh.layout import (
    DATABASE_FILE,
    LAYOUT,
    PRIVATE_DATABASE,
    PRIVATE_FILE,
    Manifest,
    Warehouse,
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


def refresh(settings: Settings, narrator: Narrator) -> Outcome:
    """Builds a new version in private, audits it and publishes it. On any error readers keep what they had.

    Raises:
        UserError: wrong use, or wrong inputs.
        BuildError: dbt stopped, or a data test failed.
        AuditError: the finished warehouse breaks a rule.
        LockError: another refresh or rollback is at work.
        DiskError: the disk is full, or fails.
    """
    profile.check_variables(project_variables(settings.project, settings.variables))
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
    run = Run(
        version_name(warehouse, started_at),
        started_at,
        raw_layout(settings.project),
        policy_names(settings.project),
    )
    try:
        check_clock(started_at, last_manifest)
        delivery = _look_at_inputs(run, settings, last_manifest)
        _begin_build(warehouse, run, settings, last, last_manifest, narrator)
        _build(warehouse, run, settings, profiles, delivery, narrator, lock)
        manifest, record, comparison = _audit(warehouse, run, settings, delivery, last, narrator)
        if not settings.dry_run:
            narrator.phase("Publishing")
            place(warehouse, manifest)
            switch(warehouse, run.version)
    except duckdb.Error as error:
        said = engine_error(error, warehouse.root)
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


def _look_at_inputs(run: Run, settings: Settings, last: Manifest | None) -> Delivery | None:
    folder = settings.raw_path.absolute() if settings.raw_path else None
    demo_instead(
        str(folder) if folder else None,
        last,
        is_allowed=settings.allow_shrink,
        how=f"the folder with --raw-path or in {RAW_PATH_VARIABLE}",
    )
    if folder is None:
        return None
    delivery = read_delivery(folder, run.layout, run.policies)
    check_nothing_is_missing(str(folder), last, delivery.tables, is_allowed=settings.allow_shrink)
    return delivery


def _begin_build(
    warehouse: Warehouse,
    run: Run,
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
    run: Run,
    settings: Settings,
    profiles: Path,
    delivery: Delivery | None,
    narrator: Narrator,
    lock: int,
) -> None:
    raw_path = str(delivery.folder) if delivery else None
    variables = {name: value for name, value in settings.variables.items() if name != "raw_path"}
    if raw_path:
        variables["raw_path"] = raw_path
    cache = warehouse.parse_cache
    dbt = build(
        run,
        settings,
        variables,
        target=profile.TARGET,
        folder=warehouse.build,
        environment={
            REFRESH_PATH_VARIABLE: str(warehouse.build),
            PRIVATE_DATABASE_VARIABLE: PRIVATE_DATABASE,
            RAW_PATH_VARIABLE: raw_path or "",
            DATABASE_VARIABLE: str(warehouse.build / DATABASE_FILE),
        },
        narrator=narrator,
        options=[
            *("--profiles-dir", str(profiles)),
            *(["--partial-parse-file-path", str(cache)] if cache.is_file() else []),
        ],
        inherited=[lock],
    )
    database, private = warehouse.build / DATABASE_FILE, warehouse.build / PRIVATE_FILE
    check_unchanged(run, delivery)
    if not dbt.succeeded:
        raise build_error(
            run, settings, dbt, delivery,
            target=profile.TARGET, disk=warehouse.root, tested=lambda: duckdb_files(database, private),
        )  # fmt: skip
    with duckdb_files(database) as new:
        run.rows_read, run.rows_rejected = count_rows(new)


# After the build


def _audit(
    warehouse: Warehouse,
    run: Run,
    settings: Settings,
    delivery: Delivery | None,
    last: str | None,
    narrator: Narrator,
) -> tuple[Manifest, RunRecord, Comparison]:
    narrator.phase("Auditing")
    database, private = warehouse.build / DATABASE_FILE, warehouse.build / PRIVATE_FILE
    last_database = warehouse.database(last) if last else None
    last_figures = last_of_file(last_database) if last_database else None
    history = history_of_file(last_database) if last_database else []
    with duckdb_files(database, writable=True) as new:
        drop_strays(new, run.results.tables)
    with duckdb_files(database) as new:
        comparison = compare(new, last_figures)
    finished_at = now()
    record = RunRecord(
        **{
            **asdict(run.record("published", None, finished_at)),
            "changed_kpi_count": len(comparison.changed_kpis) if last else None,
            "new_signal_count": len(comparison.new_signals) if last else None,
        }
    )
    with duckdb_files(database, writable=True) as new:
        write_history(new, [*history, *read_journal(warehouse), record])
    seal(private, 0o600)
    seal(database, 0o444)

    with duckdb_files(database, private) as new:
        check_sound(
            run, settings, project_variables(settings.project, settings.variables), new, last_figures,
            tables=run.results.tables, is_first=last is None,
        )  # fmt: skip
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
        published = {run.version for run in history_of_file(warehouse.database(record.version))}
        write_journal(warehouse, [run for run in read_journal(warehouse) if run.version not in published])
        prune(warehouse, keep)
        remove_traces(warehouse, keep)
    except OSError:
        # The next run does it.
        return


def _fail(warehouse: Warehouse, run: Run, error: BaseException, *, is_dry: bool) -> None:
    """Clears up after a run that failed, and notes it as well as it can: the disk may be full."""
    if warehouse.current_version() == run.version:
        # Stopped when readers had it already: it did not fail.
        return
    if not is_dry and isinstance(error, BuildError):
        keep_log(warehouse, run.version, warehouse.build / "logs" / "dbt.log")
    try:
        _remove_build(warehouse)
        if is_dry:
            _leave_nothing(warehouse)
        else:
            add_to_journal(warehouse, run.record(status_of(error), reason_of(error), now()))
    except OSError:
        return


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
