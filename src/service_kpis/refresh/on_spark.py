"""The refresh on Spark: two sets of schemas, and views that show readers one of them.

A catalogue of Parquet tables renames no schema and changes no two tables at once. So nothing is moved: builds
go to `blue_kpis`, `blue_marts` and so on, and to `green_…`, in turn; what readers ask, `kpis`, `marts` and
`quality`, are views. While a version is published each view has two branches, one per set, of which one word
in the view `refresh.published` lets one give rows; to change that word is one step for all of them, and a
query reads it once. Before and after, views have the one branch of the set that is current, so that no reader
comes upon the other one while it is built.

What the set that is not current holds is the version before, from which an incremental build goes on.
"""

import csv
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from service_kpis import spark
from service_kpis.errors import UserError
from service_kpis.project import RAW_PATH_VARIABLE, find_project, project_variables, run_dbt
from service_kpis.raw_layout import policy_names, raw_layout
from service_kpis.refresh import settings as profile
from service_kpis.refresh.audit import Comparison, Last, compare, count_rows, read_last
from service_kpis.refresh.database import Database
from service_kpis.refresh.dbt_results import drop_strays
from service_kpis.refresh.errors import BuildError
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
from service_kpis.refresh.history import (
    RunRecord,
    add_to_journal,
    read_history,
    read_journal,
    write_history,
    write_journal,
)
from service_kpis.refresh.layout import Manifest, Warehouse, iso, now, read_json
from service_kpis.refresh.lock import writer_lock
from service_kpis.refresh.publish import make_folder
from service_kpis.refresh.rollback import Rollback, Version
from service_kpis.refresh.schemas import (
    BUILD_LOG,
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
from service_kpis.spark_session import TARGET, SparkError, SparkSession, connected

SETS = ("blue", "green")
POINTER = f"{STATE}.published"
PYTHON_VARIABLE = "SERVICE_KPIS_PYTHON"
# Spark's own column, by which a table is divided into folders; no other engine has it.
_PARTITION = "partition_date"
_NOTHING = "nothing is published in this catalogue: `service-kpis refresh --target spark` does."
_OWNER_FILE = "owner.json"
_TRACES = 3
_DISK = "Spark"
_LAYER = re.compile(rf"\b({'|'.join(LAYERS)})\.")


class _Spark(Database):
    """The tables of one set, by the names of their layers."""

    schema_of_policies = "staging"
    # Who may read them is for the catalogue to say.
    shows_rejected_rows = False
    error = SparkError

    def __init__(self, session: SparkSession, prefix: str):
        self.session = session
        self.prefix = prefix

    def rows(self, query: str) -> list[tuple]:
        return self.session.query(self._in_set(query))[1]

    def _in_set(self, query: str) -> str:
        return _LAYER.sub(rf"{self.prefix}\1.", query)

    def replace(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        types = _columns(self.session, self._in_set(table))
        cells = ", ".join(f"cast({name} as {types[name]})" for name in columns)
        values = ", ".join(f"({', '.join(map(_constant, row))})" for row in rows)
        names = ", ".join(columns)
        self.rows(
            f"insert overwrite {table} ({names}) select {cells} from values {values} as given ({names})"
        )

    def save(self, query: str, file: Path) -> None:
        names, rows = self.session.query(query)
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([names, *rows])

    def published_tables(self) -> list[tuple[str, str]]:
        found = []
        for schema in PUBLISHED:
            tables, views = _names(self.session, self.prefix + schema)
            found += [(f"{schema}.{name}", "view") for name in views]
            found += [(f"{schema}.{name}", "table") for name in tables]
        return sorted(found, key=lambda thing: (thing[1] != "view", thing[0]))

    def drop(self, name: str, kind: str) -> None:
        self.rows(f"drop {kind} {name}")

    def views_of_private_tables(self) -> list[str]:
        return []

    def keep(self, name: str, query: str) -> None:
        self.rows(f"create or replace temporary view {name} as {query}")

    def recall(self, name: str, kept: None) -> None:
        """It is there still: both sets are in one session."""


@dataclass(frozen=True)
class _State:
    """What the catalogue knows of the versions in it.

    Attributes:
        side: the set that readers see; empty before the first version.
        current: what is in it.
        before: what is in the other set; None if that is no version.
        is_base: an incremental build may go on from that.
        is_settled: readers' views have the branch of ``side`` alone.
    """

    side: str = ""
    current: Manifest | None = None
    before: Manifest | None = None
    is_base: bool = False
    is_settled: bool = True

    @property
    def other(self) -> str:
        """The set that readers do not see."""
        return SETS[1] if self.side == SETS[0] else SETS[0]


def refresh_on_spark(settings: Settings, narrator: Narrator) -> Outcome:
    """Builds a new version beside the current one, audits it, publishes it. On any error readers keep theirs.

    ``settings.warehouse`` is a folder for the lock, dbt's files and the traces of failed runs;
    ``settings.keep`` has no meaning: there are the current version and the one before.

    Raises:
        UserError: wrong use, or wrong inputs.
        BuildError: dbt stopped, or a data test failed.
        AuditError: the finished warehouse breaks a rule.
        LockError: another refresh or rollback is at work.
    """
    variables = project_variables(settings.project, settings.variables)
    profile.check_prefix(variables)
    check_raw_schema(variables)
    profiles = profile.check_profile(settings.project, TARGET, "spark")
    place = _own_place(settings.warehouse)
    with writer_lock(place.lock, command="refresh") as lock:
        return _refresh(settings, variables, profiles, place, narrator, lock)


def _refresh(
    settings: Settings,
    variables: Mapping[str, Any],
    profiles: Path,
    place: Warehouse,
    narrator: Narrator,
    lock: int,
) -> Outcome:
    _bury_the_dead(place)
    started_at = now()
    layout, policies = raw_layout(settings.project), policy_names(settings.project)
    run = Run(iso(started_at).replace("-", "").replace(":", ""), started_at, layout, policies)
    shutil.rmtree(place.root / "logs", ignore_errors=True)
    is_published = False
    try:
        narrator.phase("Looking at the catalogue")
        with _session(settings.project, profiles, place) as session:
            state = _read_state(session)
            _check_that_readers_have_views(session)
            check_clock(started_at, state.current)
            inputs = look_at_inputs(
                run, settings, variables, state.current, columns_of=lambda schema: _all(session, schema)
            )
            state = _settle(session, state)
            prefix = TRIAL if settings.dry_run else f"{state.other}_"
            state = _begin(run, settings, session, state, inputs, prefix, place)
            environment = {RAW_PATH_VARIABLE: "", **_python(session)}
        _build(run, settings, inputs, prefix, profiles, place, narrator, environment, lock)
        narrator.phase("Auditing")
        with _session(settings.project, profiles, place) as session:
            database = _Spark(session, prefix)
            manifest, record, comparison = _audit(
                run, settings, variables, inputs, database, state, read_journal(place)
            )
            if settings.dry_run:
                _drop(session, TRIAL)
            else:
                narrator.phase("Publishing")
                new = _State(state.other, current=manifest, before=state.current, is_base=True)
                _show(session, state, new)
                is_published = True
                _tidy_up(session, new, place)
    except BaseException as error:
        # Stopped when readers had it already, it did not fail.
        if not is_published:
            _fail(run, settings, profiles, place, error)
        raise
    finally:
        shutil.rmtree(place.root / (TRIAL + LOADED), ignore_errors=True)
    remove_traces(Warehouse(settings.warehouse), _TRACES)
    last = state.current.version if state.current else None
    return Outcome(manifest, record, not settings.dry_run, comparison, last)


def roll_back_on_spark(warehouse: Path, to: str | None = None) -> Rollback:
    """Shows readers the other version that there is. The next refresh starts from nothing.

    Args:
        warehouse: folder of the lock.
        to: name of the version; default: whatever it is.

    Raises:
        UserError: there is none, or none of that name.
        LockError: a refresh is at work.
    """
    project = find_project()
    profiles = profile.check_profile(project, TARGET, "spark")
    place = _own_place(warehouse)
    with writer_lock(place.lock, command="rollback"), _session(project, profiles, place) as session:
        state = _settle(session, _read_state(session))
        current, before = state.current, state.before
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
        known = {run.version for run in read_history(_Spark(session, f"{state.other}_"))}
        unknown = [run for run in read_history(_Spark(session, f"{state.side}_")) if run.version not in known]
        add_to_journal(
            place,
            *(
                replace(run, status="rolled_back") if run.version == current.version else run
                for run in unknown
            ),
        )
        new = _State(state.other, current=before, before=current, is_base=False)
        _show(session, state, new)
        _settle(session, replace(new, is_settled=False))
        return Rollback(before=current.version, version=before.version)


def versions_on_spark(warehouse: Path) -> list[Version]:
    """The versions that are there, the newest first.

    Args:
        warehouse: folder for what Spark prints.

    Raises:
        UserError: nothing was ever published there.
    """
    state = _state_of(warehouse)
    if state.current is None:
        raise UserError(_NOTHING)
    versions = [
        Version(
            name=manifest.version,
            is_current=manifest is state.current,
            finished_at=manifest.finished_at,
            rows_read=manifest.rows_read,
            size_bytes=None,
        )
        for manifest in (state.current, state.before)
        if manifest is not None
    ]
    return sorted(versions, key=lambda version: version.name, reverse=True)


def current_on_spark(warehouse: Path) -> str | None:
    """Name of the version that readers see; None before the first."""
    current = _state_of(warehouse).current
    return current.version if current else None


# The catalogue


def _own_place(warehouse: Path) -> Warehouse:
    place = Warehouse(warehouse / ".spark")
    make_folder(place.root)
    return place


@contextmanager
def _session(project: Path, profiles: Path, place: Warehouse) -> Iterator[SparkSession]:
    try:
        with connected(project, profiles, place.root / "spark.log") as session:
            yield session
    except SparkError as error:
        raise engine_error(error, _DISK) from error


def _state_of(warehouse: Path) -> _State:
    project = find_project()
    profiles = profile.check_profile(project, TARGET, "spark")
    with _session(project, profiles, _own_place(warehouse)) as session:
        return _read_state(session)


def _read_state(session: SparkSession) -> _State:
    _, views = _names(session, STATE)
    if "published" not in views:
        return _State()
    _, [(side, text)] = session.query(f"select side, state from {POINTER}")
    said = json.loads(text)
    manifests = {name: Manifest(**said[name]) if said[name] else None for name in ("current", "before")}
    return _State(side, **manifests, is_base=said["is_base"], is_settled=said["is_settled"])


def _write_state(session: SparkSession, state: _State) -> None:
    """One change of the catalogue: whoever asks finds the state before or this one."""
    said = asdict(state)
    side = said.pop("side")
    row = f"select {_constant(side)} as side, {_constant(json.dumps(said))} as state"
    session.query(f"create schema if not exists {STATE}")
    _write_view(session, POINTER, row)


def _write_view(session: SparkSession, name: str, query: str) -> None:
    """`create or replace` would drop it first; `alter` changes it in one step."""
    _, views = _names(session, name.split(".")[0])
    verb = "alter" if name.split(".")[1] in views else "create"
    session.query(f"{verb} view {name} as {query}")


def _names(session: SparkSession, schema: str) -> tuple[list[str], list[str]]:
    """Tables and views of a schema; none where there is no such schema."""
    if (schema,) not in session.query(f"show schemas like '{schema}'")[1]:
        return [], []
    views = [
        name for _, name, is_temporary in session.query(f"show views in {schema}")[1] if not is_temporary
    ]
    every = [
        name for _, name, is_temporary in session.query(f"show tables in {schema}")[1] if not is_temporary
    ]
    return sorted(set(every) - set(views)), sorted(views)


def _columns(session: SparkSession, table: str) -> dict[str, str]:
    """Types of a table's columns by name, in order, without the one that it is divided by."""
    found = {}
    for name, data_type, *_ in session.query(f"describe table {table}")[1]:
        if not name or name.startswith("#"):
            break
        if name != _PARTITION:
            found[name] = data_type
    return found


def _all(session: SparkSession, schema: str) -> set[tuple[str, str]]:
    """Table and column of all columns in a schema."""
    return {
        (table, column)
        for names in _names(session, schema)
        for table in names
        for column in _columns(session, f"{schema}.{table}")
    }


def _constant(cell: Any) -> str:
    """A value as Spark writes it."""
    if cell is None:
        return "null"
    if isinstance(cell, str):
        escaped = cell.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return str(cell).lower()


def _drop(session: SparkSession, prefix: str) -> None:
    for schema in (*LAYERS, *([LOADED] if prefix == TRIAL else [])):
        session.query(f"drop schema if exists {prefix}{schema} cascade")


# What readers see


def _check_that_readers_have_views(session: SparkSession) -> None:
    """Looks for tables where readers' views are to be.

    Raises:
        UserError: there is one, which a build without a refresh has made.
    """
    for schema in PUBLISHED:
        tables, _ = _names(session, schema)
        if tables:
            raise UserError(
                f"{schema}.{tables[0]} is a table, and a refresh on Spark shows readers a view of this name: "
                f"if `dbt build` made it, `drop schema {schema} cascade`, then refresh again."
            )


def _show(session: SparkSession, was: _State, state: _State) -> None:
    """Lets readers see the set that ``state`` names instead of the one that ``was`` names."""
    _write_state(session, replace(was, is_settled=False))
    known = _tables_of(session, was.side) if was.side else []
    for name in _tables_of(session, state.side):
        session.query(f"create schema if not exists {name.split('.')[0]}")
        _write_view(session, name, _either(session, name, was.side if name in known else "", state.side))
    _write_state(session, replace(state, is_settled=False))


def _settle(session: SparkSession, state: _State) -> _State:
    """Leaves readers' views the branch of the set that they see, so that the other one may be built in."""
    if state.is_settled:
        return state
    tables = _tables_of(session, state.side) if state.side else []
    for name in tables:
        columns = ", ".join(_columns(session, f"{state.side}_{name}"))
        _write_view(session, name, f"select {columns} from {state.side}_{name}")
    for schema in PUBLISHED:
        for view in _names(session, schema)[1]:
            if f"{schema}.{view}" not in tables:
                session.query(f"drop view {schema}.{view}")
    settled = replace(state, is_settled=True)
    _write_state(session, settled)
    return settled


def _tables_of(session: SparkSession, side: str) -> list[str]:
    """What readers find of a set, as ``schema.name``."""
    names = [name for name, _ in _Spark(session, f"{side}_").published_tables()]
    return [name for name in names if name != BUILD_LOG]


def _either(session: SparkSession, name: str, old: str, new: str) -> str:
    """The rows of a table in the set that is published, under the columns that readers know already.

    Args:
        session: to ask for columns.
        name: of the table.
        old: the set that readers see; empty if it has no such table.
        new: the set that they will see.
    """
    there = _columns(session, f"{new}_{name}")
    known = _columns(session, f"{old}_{name}") if old else there
    cells = [
        column if there.get(column) == data_type
        else f"try_cast({column if column in there else 'null'} as {data_type}) as {column}"
        for column, data_type in known.items()
    ]  # fmt: skip
    is_shown = f"(select side from {POINTER}) = "
    branch = f"select {', '.join(cells)} from {new}_{name} where {is_shown}'{new}'"
    if not old:
        return branch
    return f"select {', '.join(known)} from {old}_{name} where {is_shown}'{old}' union all {branch}"


# Before the build


def _bury_the_dead(place: Warehouse) -> None:
    """Notes a run that was killed."""
    owner = read_json(place.root / _OWNER_FILE)
    if owner:
        dead = RunRecord(version=owner["version"], status="killed", started_at=owner["started_at"])
        add_to_journal(place, dead)
        (place.root / _OWNER_FILE).unlink()


def _python(session: SparkSession) -> dict[str, str]:
    """Where Spark's workers find the classifier: here, if they are here."""
    named = os.environ.get(PYTHON_VARIABLE) or (sys.executable if session.is_local else "")
    return {PYTHON_VARIABLE: named} if named else {}


def _begin(
    run: Run,
    settings: Settings,
    session: SparkSession,
    state: _State,
    inputs: Inputs,
    prefix: str,
    place: Warehouse,
) -> _State:
    """Makes a set ready to be built in: what it has may be built upon, or goes."""
    run.is_incremental = can_go_on(state.before, settings, inputs) and state.is_base
    if not settings.dry_run:
        owner = {"version": run.version, "started_at": iso(run.started_at)}
        (place.root / _OWNER_FILE).write_text(json.dumps(owner), encoding="utf-8")
        # From here on the set is no version.
        state = replace(state, before=None, is_base=False)
        _write_state(session, state)
    if not run.is_incremental:
        _drop(session, prefix)
    return state


def _build(
    run: Run,
    settings: Settings,
    inputs: Inputs,
    prefix: str,
    profiles: Path,
    place: Warehouse,
    narrator: Narrator,
    environment: Mapping[str, str],
    lock: int,
) -> None:
    variables = {name: value for name, value in settings.variables.items() if name != "raw_path"}
    variables["schema_prefix"] = prefix
    if inputs.schema:
        variables["raw_schema"] = inputs.schema
    if inputs.delivery is not None:
        _name_files(run, settings, inputs, profiles, place, narrator, lock)
    dbt = build(
        run, settings, variables,
        target=TARGET, folder=place.root, environment=environment, narrator=narrator,
        options=["--profiles-dir", str(profiles)], inherited=[lock],
    )  # fmt: skip
    check_unchanged(run, inputs.delivery)
    if dbt.succeeded:
        return

    @contextmanager
    def tested() -> Iterator[Database]:
        with _session(settings.project, profiles, place) as session:
            yield _Spark(session, prefix)

    raise build_error(run, settings, dbt, inputs.delivery, target=TARGET, disk=_DISK, tested=tested)


def _name_files(
    run: Run,
    settings: Settings,
    inputs: Inputs,
    profiles: Path,
    place: Warehouse,
    narrator: Narrator,
    lock: int,
) -> None:
    """Makes the files a schema: Parquet where it is, CSV read as DuckDB reads it."""
    delivery = inputs.delivery
    assert delivery is not None
    folder = delivery.folder
    narrator.phase("Loading the files")
    if any(file.suffix == ".csv" for file in delivery.files):
        folder = place.root / (TRIAL + LOADED if settings.dry_run else LOADED)
        spark.load_raw(delivery.folder, folder, project=settings.project, on_step=narrator.step)
        check_unchanged(run, delivery)
    named = run_dbt(
        [
            *("run-operation", "name_raw_folder", "--target", TARGET, "--profiles-dir", str(profiles)),
            *("--args", json.dumps({"folder": str(folder), "schema": inputs.schema})),
            *("--target-path", str(place.root / "target"), "--log-path", str(place.root / "logs")),
        ],
        project=settings.project,
        environment={RAW_PATH_VARIABLE: ""},
        inherited=[lock],
    )
    if not named.succeeded:
        reason = named.errors[0] if named.errors else "dbt stopped without saying why"
        raise BuildError(f"the raw files could not be named: {reason.rstrip('.')}.", ["name_raw_folder"])


# After the build


def _audit(
    run: Run,
    settings: Settings,
    variables: Mapping[str, Any],
    inputs: Inputs,
    database: _Spark,
    state: _State,
    journal: Sequence[RunRecord],
) -> tuple[Manifest, RunRecord, Comparison]:
    last = state.current
    current = _Spark(database.session, f"{state.side}_")
    last_figures = _read_last(current) if last else None
    tables = tables_to_publish(run, database.prefix)
    drop_strays(database, tables)
    run.rows_read, run.rows_rejected = count_rows(database)
    comparison = compare(database, last_figures)
    finished_at = now()
    record = replace(
        run.record("published", None, finished_at),
        changed_kpi_count=len(comparison.changed_kpis) if last else None,
        new_signal_count=len(comparison.new_signals) if last else None,
    )
    history = read_history(current) if last else []
    write_history(database, [*journal, *history, record])
    check_sound(run, settings, variables, database, last_figures, tables=tables, is_first=last is None)
    manifest = Manifest(
        version=run.version,
        started_at=iso(run.started_at),
        finished_at=iso(finished_at),
        raw_path=inputs.source,
        tables=dict(inputs.tables),
        rows_read=run.rows_read,
        rows_rejected=run.rows_rejected,
        is_incremental=bool(run.is_incremental),
    )
    return manifest, record, comparison


def _tidy_up(session: SparkSession, state: _State, place: Warehouse) -> None:
    """What is left to do when readers have the new version; if it fails, the next refresh does it."""
    with suppress(SparkError, OSError):
        _settle(session, replace(state, is_settled=False))
        write_journal(place, [])
        (place.root / _OWNER_FILE).unlink(missing_ok=True)


def _read_last(current: _Spark) -> Last | None:
    """What the current version says of itself; None if it has not the tables and columns of today."""
    try:
        return read_last(current)
    except SparkError:
        return None


def _fail(run: Run, settings: Settings, profiles: Path, place: Warehouse, error: BaseException) -> None:
    """Notes a run that failed. What it built stays to be looked at, unless it is a dry run."""
    if settings.dry_run:
        with suppress(UserError), _session(settings.project, profiles, place) as session:
            _drop(session, TRIAL)
        return
    with suppress(OSError):
        (place.root / _OWNER_FILE).unlink(missing_ok=True)
        add_to_journal(place, run.record(status_of(error), reason_of(error), now()))
        if isinstance(error, BuildError):
            keep_log(Warehouse(settings.warehouse), run.version, place.root / "logs" / "dbt.log")
