"""The refresh on PostgreSQL: two sets of schemas, of which readers see one by its plain names.

A build goes into the other set, `standby_kpis`, `standby_marts` and so on. What it has there is the version
before the current one, so that an incremental build catches up with two deliveries instead of copying
anything. Published is by renaming: one transaction takes the current set's names away, gives them to what was
built, audits it under the names that readers will use, and ends. Until its end readers see the set before.
"""

import os
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from service_kpis import postgres
from service_kpis.errors import UserError
from service_kpis.project import RAW_PATH_VARIABLE, DbtRun, project_variables
from service_kpis.raw_layout import policy_names, raw_layout
from service_kpis.refresh import settings as profile
from service_kpis.refresh.audit import Comparison, Last, compare, count_rows, read_last
from service_kpis.refresh.database import Database
from service_kpis.refresh.dbt_results import drop_strays
from service_kpis.refresh.errors import BuildError, LockError
from service_kpis.refresh.flow import (
    Narrator,
    Outcome,
    Run,
    Settings,
    build,
    build_error,
    check_clock,
    check_sound,
    check_unchanged,
    engine_error,
    keep_log,
    reason_of,
    remove_traces,
    status_of,
)
from service_kpis.refresh.history import COLUMNS, RunRecord, write_history
from service_kpis.refresh.layout import Manifest, Warehouse, iso, now
from service_kpis.refresh.publish import make_folder
from service_kpis.refresh.rollback import Rollback, Version
from service_kpis.refresh.schemas import (
    LAYERS,
    LOADED,
    PUBLISHED,
    STATE,
    TRIAL,
    Inputs,
    can_go_on,
    check_raw_schema,
    look_at_inputs,
    tables_to_publish,
)
from service_kpis.sql import identifier

TARGET = "postgres"
STANDBY = "standby_"
LEAVING = "leaving_"

# Sets that a row of refresh.versions speaks of.
CURRENT, BEFORE, AT_WORK = "current", "before", "at work"

_NOTHING = "nothing is published in this database: `service-kpis refresh --target postgres` does."
_LOCK = 7_363_529_124_551_311_042  # Any number, the same for all refreshes of one database.
# A reader that holds the version before the current one for so long is told of, not waited for.
_PATIENCE = "-c lock_timeout=15min"
_TRACES = 3
_DISK = "the PostgreSQL server"


class _Postgres(Database):
    """A transaction, or a series of statements."""

    schema_of_policies = "staging"
    # They are granted kpis and marts.
    shows_rejected_rows = False

    def __init__(self, cursor: Any):
        import psycopg2

        self.error = psycopg2.Error
        self.cursor = cursor

    def rows(self, query: str) -> list[tuple]:
        self.cursor.execute(query)
        return self.cursor.fetchall() if self.cursor.description else []

    def replace(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.rows(f"delete from {table}")
        self.insert(table, columns, rows)

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Adds rows to a table; texts become what the columns are."""
        places = ", ".join(["%s"] * len(columns))
        for row in rows:
            self.cursor.execute(f"insert into {table} ({', '.join(columns)}) values ({places})", row)

    def save(self, query: str, file: Path) -> None:
        with file.open("wb") as out:
            self.cursor.copy_expert(f"copy ({query}) to stdout (format csv, header)", out)

    def published_tables(self) -> list[tuple[str, str]]:
        return self.rows(
            f"""
            select
                table_schema || '.' || table_name,
                case when table_type = 'VIEW' then 'view' else 'table' end
            from information_schema.tables
            where table_schema in {PUBLISHED}
            order by table_type <> 'VIEW', 1
            """
        )

    def views_of_private_tables(self) -> list[str]:
        # A view reads with the rights of its owner.
        return []

    def keep(self, name: str, query: str) -> None:
        self.rows(f"create temporary table {name} on commit drop as {query}")
        self.rows(f"analyze {name}")

    def recall(self, name: str, kept: None) -> None:
        """It is there still: both versions are in one transaction."""


def refresh_on_postgres(settings: Settings, narrator: Narrator) -> Outcome:
    """Builds a new version beside the current one, audits it, publishes it. On any error readers keep theirs.

    ``settings.warehouse`` is a folder for dbt's files and the traces of failed runs; ``settings.keep`` has no
    meaning: there are the current version and the one before.

    Raises:
        UserError: wrong use, or wrong inputs.
        BuildError: dbt stopped, or a data test failed.
        AuditError: the finished warehouse breaks a rule.
        LockError: another refresh or rollback is at work.
    """
    variables = project_variables(settings.project, settings.variables)
    profile.check_prefix(variables)
    profile.check_profile(settings.project, TARGET, "postgres")
    check_raw_schema(variables)
    make_folder(settings.warehouse)
    with _writer_lock("refresh"):
        return _refresh(settings, variables, narrator)


def _refresh(settings: Settings, variables: Mapping[str, Any], narrator: Narrator) -> Outcome:
    with _transaction() as database:
        _make_state(database)
        _bury_the_dead(database)
        last = _manifest(database, CURRENT)
    started_at = now()
    layout, policies = raw_layout(settings.project), policy_names(settings.project)
    run = Run(iso(started_at).replace("-", "").replace(":", ""), started_at, layout, policies)
    prefix = TRIAL if settings.dry_run else STANDBY
    folder = settings.warehouse / ".postgres"
    shutil.rmtree(folder / "logs", ignore_errors=True)
    try:
        check_clock(started_at, last)
        inputs = look_at_inputs(run, settings, variables, last, columns_of=_columns_of)
        _begin(run, settings, inputs, prefix)
        _build(run, settings, inputs, prefix, folder, narrator)
        narrator.phase("Auditing")
        manifest, record, comparison = _publish(run, settings, variables, inputs, prefix, last)
    except BaseException as error:
        _fail(run, settings, folder, error)
        raise
    if settings.dry_run:
        with _statements() as database:
            _drop(database, TRIAL)
    remove_traces(Warehouse(settings.warehouse), _TRACES)
    return Outcome(manifest, record, not settings.dry_run, comparison, last.version if last else None)


def roll_back_on_postgres(to: str | None = None) -> Rollback:
    """Shows readers the other version that there is. The next refresh starts from nothing.

    Args:
        to: its name; default: whatever it is.

    Raises:
        UserError: there is none, or none of that name.
        LockError: a refresh is at work.
    """
    with _writer_lock("rollback"), _transaction() as database:
        _make_state(database)
        current, before = _manifest(database, CURRENT), _manifest(database, BEFORE)
        if current is None:
            raise UserError(_NOTHING)
        if before is None:
            raise UserError(
                f"there is no version but {current.version}: a refresh that failed has built upon the one "
                "before, or there was none."
            )
        if to == current.version:
            raise UserError(f"{to} is current already.")
        if to not in (None, before.version):
            raise UserError(f"there is no version {to}: `service-kpis rollback --list` shows what there is.")
        _swap(database, STANDBY)
        _note(database, CURRENT, before)
        _note(database, BEFORE, current, is_base=False)
        database.cursor.execute(
            "update refresh.runs set status = 'rolled_back' where version = %s", (current.version,)
        )
        return Rollback(before=current.version, version=before.version)


def versions_on_postgres() -> list[Version]:
    """The versions that are there, the newest first.

    Raises:
        UserError: nothing was ever published there.
    """
    with _transaction() as database:
        found = {place: _manifest(database, place) for place in (CURRENT, BEFORE)}
    if found[CURRENT] is None:
        raise UserError(_NOTHING)
    versions = [
        Version(
            name=manifest.version,
            is_current=place == CURRENT,
            finished_at=manifest.finished_at,
            rows_read=manifest.rows_read,
            size_bytes=manifest.size_bytes,
        )
        for place, manifest in found.items()
        if manifest is not None
    ]
    return sorted(versions, key=lambda version: version.name, reverse=True)


def current_on_postgres() -> str | None:
    """Name of the version that readers see; None before the first."""
    with _transaction() as database:
        manifest = _manifest(database, CURRENT)
    return manifest.version if manifest else None


# The server


@contextmanager
def _transaction() -> Iterator[_Postgres]:
    with postgres.connected() as cursor:
        yield _Postgres(cursor)


@contextmanager
def _statements() -> Iterator[_Postgres]:
    """Statements that each stand for themselves: one that fails does not spoil the next."""
    with postgres.connected(is_transaction=False) as cursor:
        yield _Postgres(cursor)


@contextmanager
def _writer_lock(command: str) -> Iterator[None]:
    """Holds the lock of this database while open. The server frees it when the connection ends.

    Raises:
        LockError: another process holds it; the message says which, and for how long.
    """
    owner = f"service-kpis {command} {os.getpid()}@{socket.gethostname()}"
    with _statements() as database:
        database.cursor.execute("select set_config('application_name', %s, false)", (owner,))
        ((is_free,),) = database.rows(f"select pg_try_advisory_lock({_LOCK})")
        if not is_free:
            holders = database.rows(
                f"""
                select activity.application_name, activity.usename, activity.backend_start
                from pg_locks
                inner join pg_stat_activity as activity on pg_locks.pid = activity.pid
                where
                    pg_locks.locktype = 'advisory' and pg_locks.granted
                    and pg_locks.database = (select oid from pg_database where datname = current_database())
                    and (pg_locks.classid::bigint << 32 | pg_locks.objid::bigint) = {_LOCK}
                """
            )
            said = "another refresh is at work"
            for name, user, since in holders:
                said = f"{name} of {user} is at work since {iso(since)}"
            raise LockError(f"{said}: wait until it has ended, or stop it.")
        yield


# What is known between runs


def _make_state(database: _Postgres) -> None:
    types = {
        "version": "text primary key",
        "duration_seconds": "double precision",
        "is_incremental": "boolean",
    }
    types |= dict.fromkeys(("status", "reason", "started_at", "finished_at"), "text")
    columns = ", ".join(f"{name} {types.get(name, 'bigint')}" for name in COLUMNS)
    database.rows(
        f"""
        create schema if not exists {STATE};
        create table if not exists {STATE}.runs ({columns});
        create table if not exists {STATE}.versions (
            place text primary key, manifest json not null, is_base boolean not null
        );
        """
    )


def _manifest(database: _Postgres, place: str) -> Manifest | None:
    """What the version in a place says of itself; None if there is none."""
    ((table,),) = database.rows(f"select to_regclass('{STATE}.versions')::text")
    if table is None:
        return None
    found = database.rows(f"select manifest from {STATE}.versions where place = '{place}'")
    return Manifest(**found[0][0]) if found else None


def _note(database: _Postgres, place: str, manifest: Manifest | None, *, is_base: bool = True) -> None:
    database.rows(f"delete from {STATE}.versions where place = '{place}'")
    if manifest is not None:
        row = (place, manifest.to_json(), is_base)
        database.insert(f"{STATE}.versions", ("place", "manifest", "is_base"), [row])


def _is_base(database: _Postgres) -> bool:
    return database.rows(f"select 1 from {STATE}.versions where place = '{BEFORE}' and is_base") != []


def _add_run(database: _Postgres, record: RunRecord) -> None:
    database.insert(f"{STATE}.runs", COLUMNS, [list(asdict(record).values())])


def _runs(database: _Postgres) -> list[RunRecord]:
    rows = database.rows(f"select {', '.join(COLUMNS)} from {STATE}.runs order by version")
    return [RunRecord(*row) for row in rows]


def _bury_the_dead(database: _Postgres) -> None:
    """Notes a run that was killed."""
    dead = _manifest(database, AT_WORK)
    if dead is not None:
        _add_run(database, RunRecord(version=dead.version, status="killed", started_at=dead.started_at))
        _note(database, AT_WORK, None)
    _drop(database, TRIAL)


# Before the build


def _columns_of(schema: str) -> set[tuple[str, str]]:
    with _transaction() as database:
        database.cursor.execute(
            "select table_name, column_name from information_schema.columns where table_schema = %s",
            (schema,),
        )
        return set(database.cursor.fetchall())


def _begin(run: Run, settings: Settings, inputs: Inputs, prefix: str) -> None:
    """Makes the set of schemas ready to be built in: what it has may be built upon, or goes."""
    with _transaction() as database:
        before = _manifest(database, BEFORE)
        run.is_incremental = can_go_on(before, settings, inputs) and _is_base(database)
        if not settings.dry_run:
            # From here on the set is no version.
            _note(database, BEFORE, None)
            _note(database, AT_WORK, Manifest(run.version, iso(run.started_at), finished_at=""))
    if not run.is_incremental:
        with _statements() as database:
            _drop(database, prefix)


def _drop(database: _Postgres, prefix: str) -> None:
    for schema in (*LAYERS, LOADED):
        database.rows(f"drop schema if exists {identifier(prefix + schema)} cascade")


def _build(
    run: Run, settings: Settings, inputs: Inputs, prefix: str, folder: Path, narrator: Narrator
) -> None:
    variables = {name: value for name, value in settings.variables.items() if name != "raw_path"}
    variables["schema_prefix"] = prefix
    environment = {
        "PGOPTIONS": _PATIENCE,
        RAW_PATH_VARIABLE: "",
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    if inputs.schema:
        variables["raw_schema"] = inputs.schema
    if inputs.delivery is not None:
        narrator.phase("Loading the files")
        postgres.load_raw(
            inputs.delivery.folder, str(inputs.schema), project=settings.project, on_step=narrator.step
        )
        check_unchanged(run, inputs.delivery)
    narrator.phase("Classifying texts")
    try:
        postgres.classify_texts(
            project=settings.project, variables=variables, environment=environment, on_step=narrator.step
        )
        dbt = build(
            run, settings, variables, target=TARGET, folder=folder, environment=environment, narrator=narrator
        )
    except UserError as error:
        dbt = DbtRun(succeeded=False, errors=(str(error),))
    if not dbt.succeeded:
        raise build_error(run, settings, dbt, inputs.delivery, target=TARGET, disk=_DISK, tested=_statements)


# After the build


def _publish(
    run: Run,
    settings: Settings,
    variables: Mapping[str, Any],
    inputs: Inputs,
    prefix: str,
    last: Manifest | None,
) -> tuple[Manifest, RunRecord, Comparison]:
    """Gives what was built the names that readers use, audits it, lets them see it; all of it or nothing."""
    with _transaction() as database:
        try:
            # As models are planned (macros/dialect/planner.sql).
            database.rows("set local enable_nestloop = off; set local enable_mergejoin = off")
            _check_that_it_is_ours(database, run, settings)
            last_figures = _read_last(database) if last else None
            _swap(database, prefix)
            tables = tables_to_publish(run, prefix)
            drop_strays(database, tables)
            run.rows_read, run.rows_rejected = count_rows(database)
            comparison = compare(database, last_figures)
            finished_at = now()
            record = replace(
                run.record("published", None, finished_at),
                changed_kpi_count=len(comparison.changed_kpis) if last else None,
                new_signal_count=len(comparison.new_signals) if last else None,
            )
            write_history(database, [*_runs(database), record])
            check_sound(
                run, settings, variables, database, last_figures, tables=tables, is_first=last is None
            )
            manifest = Manifest(
                version=run.version,
                started_at=iso(run.started_at),
                finished_at=iso(finished_at),
                raw_path=inputs.source,
                tables=dict(inputs.tables),
                rows_read=run.rows_read,
                rows_rejected=run.rows_rejected,
                is_incremental=bool(run.is_incremental),
                size_bytes=_size(database),
            )
            if settings.dry_run:
                database.cursor.connection.rollback()
                return manifest, record, comparison
            _note(database, CURRENT, manifest)
            _note(database, BEFORE, last)
            _note(database, AT_WORK, None)
            _add_run(database, record)
        except database.error as error:
            raise engine_error(error, _DISK) from error
    return manifest, record, comparison


def _check_that_it_is_ours(database: _Postgres, run: Run, settings: Settings) -> None:
    """Looks whether the lock was kept to the end: a connection can be lost, and another refresh begin.

    Raises:
        LockError: another one did.
    """
    at_work = _manifest(database, AT_WORK)
    if not settings.dry_run and (at_work is None or at_work.version != run.version):
        raise LockError("the connection that held the lock was lost, and another refresh has begun.")


def _read_last(database: _Postgres) -> Last | None:
    """What the current version says of itself; None if it has not the tables and columns of today."""
    database.rows("savepoint last")
    try:
        return read_last(database)
    except database.error:
        database.rows("rollback to savepoint last")
        return None


def _swap(database: _Postgres, prefix: str) -> None:
    """Gives the plain names to the schemas of a prefix, and those of the standby set to what had them."""
    there = {name for (name,) in database.rows("select nspname::text from pg_namespace")}
    current = [layer for layer in LAYERS if layer in there]
    built = [layer for layer in LAYERS if prefix + layer in there]

    def rename(old: str, new: str) -> None:
        database.rows(f"alter schema {identifier(old)} rename to {identifier(new)}")

    for layer in current:
        rename(layer, LEAVING + layer)
    for layer in built:
        rename(prefix + layer, layer)
    if prefix == STANDBY:
        for layer in current:
            rename(LEAVING + layer, STANDBY + layer)
    _let_read(database)


def _let_read(database: _Postgres) -> None:
    """The role bi_reader, where there is one, may read what is published and not what is built upon next."""
    if not database.rows("select 1 from pg_roles where rolname = 'bi_reader'"):
        return
    there = {name for (name,) in database.rows("select nspname::text from pg_namespace")}
    for layer in ("kpis", "marts"):
        database.rows(f"grant usage on schema {layer} to bi_reader")
        database.rows(f"grant select on all tables in schema {layer} to bi_reader")
        if STANDBY + layer in there:
            database.rows(f"revoke usage on schema {STANDBY}{layer} from bi_reader")


def _size(database: _Postgres) -> int:
    names = ", ".join(f"'{layer}'" for layer in LAYERS)
    ((size,),) = database.rows(
        f"""
        select cast(coalesce(sum(pg_total_relation_size(pg_class.oid)), 0) as bigint)
        from pg_class
        inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
        where pg_namespace.nspname in ({names}) and pg_class.relkind = 'r'
        """
    )
    return size


def _fail(run: Run, settings: Settings, folder: Path, error: BaseException) -> None:
    """Notes a run that failed, if the server is still there. What it built stays to be looked at."""
    with suppress(UserError), _statements() as database:
        current = _manifest(database, CURRENT)
        if current is not None and current.version == run.version:
            # Stopped when readers had it already: it did not fail.
            return
        if settings.dry_run:
            _drop(database, TRIAL)
            return
        _add_run(database, run.record(status_of(error), reason_of(error), now()))
        at_work = _manifest(database, AT_WORK)
        if at_work is not None and at_work.version == run.version:
            _note(database, AT_WORK, None)
    if isinstance(error, BuildError):
        keep_log(Warehouse(settings.warehouse), run.version, folder / "logs" / "dbt.log")
