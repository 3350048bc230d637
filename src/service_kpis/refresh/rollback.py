"""Going back to an earlier version."""

from dataclasses import dataclass, replace

from service_kpis.errors import UserError
from service_kpis.refresh.history import add_to_journal, history_of_file
from service_kpis.refresh.layout import Warehouse
from service_kpis.refresh.lock import writer_lock
from service_kpis.refresh.publish import disk_errors, recover, switch


@dataclass(frozen=True)
class Version:
    """A version that can be gone to.

    Attributes:
        name: of the version.
        is_current: readers open it now.
        finished_at: when its file was closed, ISO 8601; empty if it does not say.
        rows_read: raw rows that it was built from.
        size_bytes: of what is published; None where the engine does not say.
    """

    name: str
    is_current: bool
    finished_at: str
    rows_read: int
    size_bytes: int | None


@dataclass(frozen=True)
class Rollback:
    """What was done: readers open ``version`` now, and opened ``before`` before."""

    before: str
    version: str


def list_versions(warehouse: Warehouse) -> list[Version]:
    """The versions that are there, the newest first.

    Raises:
        UserError: nothing was ever published there.
    """
    current = _current(warehouse)
    found = []
    for name in sorted({*warehouse.published_versions(), current}, reverse=True):
        manifest = warehouse.manifest(name)
        file = warehouse.database(name)
        found.append(
            Version(
                name=name,
                is_current=name == current,
                finished_at=manifest.finished_at if manifest else "",
                rows_read=manifest.rows_read if manifest else 0,
                size_bytes=file.stat().st_size if file.is_file() else 0,
            )
        )
    return found


def roll_back(warehouse: Warehouse, to: str | None = None) -> Rollback:
    """Points ``current`` at an earlier version; no version is removed by that.

    The run history of the versions gone back from is kept for the next refresh, which starts from nothing
    unless ``to`` is the version that was built last.

    Args:
        warehouse: where.
        to: the version; default: the one before the current one.

    Raises:
        UserError: there is no such version.
        LockError: a refresh is at work.
    """
    _current(warehouse)
    with writer_lock(warehouse.lock, command="rollback"), disk_errors(warehouse.root):
        recover(warehouse)
        current = _current(warehouse)
        versions = warehouse.published_versions()
        if to is None:
            earlier = [version for version in versions if version < current]
            if not earlier:
                raise UserError(
                    f"{current} is the oldest version there is: --list shows those to go to with --to."
                )
            to = earlier[-1]
        elif to not in versions:
            raise UserError(f"there is no version {to}: `service-kpis rollback --list` shows what there is.")
        elif to == current:
            raise UserError(f"{to} is current already.")
        database = warehouse.database(to)
        if not database.is_file():
            raise UserError(f"{database} is gone: `service-kpis rollback --list` shows what there is.")
        known = {run.version for run in history_of_file(database)}
        unknown = [run for run in history_of_file(warehouse.database(current)) if run.version not in known]
        add_to_journal(
            warehouse,
            *(replace(run, status="rolled_back") if run.version == current else run for run in unknown),
        )
        switch(warehouse, to)
    return Rollback(before=current, version=to)


def _current(warehouse: Warehouse) -> str:
    current = warehouse.current_version()
    if current is None:
        raise UserError(
            f"nothing is published in {warehouse.root}: `service-kpis refresh` publishes, or name "
            "another folder with --warehouse."
        )
    return current
