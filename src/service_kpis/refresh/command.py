"""The command `refresh`: run it, say how it went, notify who wants to know."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

from rich.console import Console

from service_kpis.errors import UserError
from service_kpis.refresh import report
from service_kpis.refresh.errors import AuditError, TerminatedError
from service_kpis.refresh.flow import Narrator, Outcome, Settings
from service_kpis.refresh.layout import Warehouse
from service_kpis.refresh.notify import check_receiver, notify
from service_kpis.refresh.progress import narrate
from service_kpis.refresh.rollback import Rollback, Version, list_versions, roll_back
from service_kpis.refresh.run import refresh


@dataclass(frozen=True)
class Place:
    """Where a refresh publishes.

    Attributes:
        name: of the warehouse, in notifications.
        refresh: refreshes it.
        current_version: name of the version that readers see; None before the first.
        versions: those that are there, the newest first.
        roll_back: goes to the version of a name, or to the one before.
    """

    name: str
    refresh: Callable[[Settings, Narrator], Outcome]
    current_version: Callable[[], str | None]
    versions: Callable[[], list[Version]]
    roll_back: Callable[[str | None], Rollback]


def place_of(target: str, folder: Path) -> Place:
    """The place that a target of the profile stands for.

    Args:
        target: ``duckdb``, ``postgres`` or ``spark``.
        folder: of the warehouse; on other engines than DuckDB, of what a refresh leaves beside it.
    """
    if target == "postgres":
        from service_kpis import postgres
        from service_kpis.refresh import on_postgres

        return Place(
            postgres.address(),
            on_postgres.refresh_on_postgres,
            on_postgres.current_on_postgres,
            on_postgres.versions_on_postgres,
            on_postgres.roll_back_on_postgres,
        )
    if target == "spark":
        from service_kpis.refresh import on_spark

        return Place(
            f"spark, {folder}",
            on_spark.refresh_on_spark,
            partial(on_spark.current_on_spark, folder),
            partial(on_spark.versions_on_spark, folder),
            partial(on_spark.roll_back_on_spark, folder),
        )
    warehouse = Warehouse(folder)
    return Place(
        str(warehouse.root),
        refresh,
        warehouse.current_version,
        partial(list_versions, warehouse),
        partial(roll_back, warehouse),
    )


def refresh_and_tell(
    settings: Settings,
    *,
    target: str,
    receivers: Sequence[str],
    quiet: bool,
    out: Console,
    err: Console,
) -> None:
    """Refreshes, prints one line about it, and notifies of a failure or of a signal that appeared.

    Args:
        settings: of the refresh.
        target: ``duckdb``, ``postgres`` or ``spark``.
        receivers: web addresses and commands to notify.
        quiet: no progress.
        out: for the line.
        err: for progress, and for what goes wrong.

    Raises:
        UserError: the refresh failed; the receivers know.
    """
    for receiver in receivers:
        check_receiver(receiver)
    place = place_of(target, settings.warehouse)
    try:
        with _terminable(), narrate(err, quiet=quiet) as narrator:
            outcome = place.refresh(settings, narrator)
    except (UserError, OSError) as error:
        if isinstance(error, AuditError):
            for rule in error.broken:
                _print(err, f"audit: {rule}")
        code = getattr(error, "exit_code", UserError.exit_code)
        current = None
        with suppress(UserError, OSError):
            current = place.current_version() if receivers else None
        _tell(receivers, report.failure_document(place.name, current, error, code), err)
        raise
    _print(out, report.summary(outcome))
    if not outcome.is_published:
        for line in report.changes(outcome):
            _print(out, line)
    elif outcome.comparison.new_signals:
        _tell(receivers, report.signal_document(place.name, outcome), err)


@contextmanager
def _terminable() -> Iterator[None]:
    """While open, SIGTERM ends the work in good order."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TerminatedError(
            "stopped by SIGTERM; `service-kpis rollback --list` shows which version is current."
        )

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(receivers: Sequence[str], document: dict, err: Console) -> None:
    for failure in notify(receivers, document):
        _print(err, f"warning: {failure}")


def _print(console: Console, line: str) -> None:
    console.print(line, soft_wrap=True, markup=False)
