"""What a refresh says when it is over: a line to who started it, a document to who is notified."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from service_kpis.refresh.errors import AuditError
from service_kpis.refresh.flow import Outcome

MAX_SIGNALS = 100


def summary(outcome: Outcome) -> str:
    """A refresh that went well, in one line."""
    run, found = outcome.run, outcome.comparison
    parts = [
        f"{run.rows_read or 0:,} rows read",
        f"{run.rows_rejected or 0:,} rejected",
        f"{run.tests_passed or 0:,} tests passed",
        f"{run.tests_warned or 0:,} warned",
    ]
    if outcome.last is not None:
        parts += [f"{len(found.changed_kpis)} KPIs changed", f"{len(found.new_signals)} new signals"]
    parts.append("incremental" if run.is_incremental else "full")
    parts.append(f"{run.duration_seconds or 0:,.0f} s")
    verb = "published" if outcome.is_published else "sound, not published (dry run)"
    return f"{verb} {run.version}: {', '.join(parts)}"


def changes(outcome: Outcome) -> Iterator[str]:
    """What readers would see change, line by line."""
    if outcome.last is None:
        yield "It would be the first version."
        return
    found = outcome.comparison
    yield f"Against {outcome.last}:"
    for name, (before, after) in found.row_changes.items():
        yield f"  marts.{name}: {before:,} to {after:,} rows"
    if found.changed_kpis:
        yield f"  figures of the past change: {', '.join(found.changed_kpis)}"
    for signal in found.new_signals[:MAX_SIGNALS]:
        member = "" if signal.dimension == "overall" else f", {signal.dimension} {signal.member}"
        period = f"{signal.period_grain} of {signal.period_start_date}"
        yield f"  signal: {signal.name_en}{member}, {period}: {signal.signal}"
    if not (found.row_changes or found.changed_kpis or found.new_signals):
        yield "  no mart, no figure of the past and no signal changes."


def failure_document(warehouse: str, current: str | None, error: Exception, exit_code: int) -> dict[str, Any]:
    """What is notified of a refresh that failed."""
    return {
        "event": "failure",
        "warehouse": warehouse,
        "current_version": current,
        "exit_code": exit_code,
        "message": str(error) or "stopped.",
        "broken_rules": list(error.broken) if isinstance(error, AuditError) else [],
    }


def signal_document(warehouse: str, outcome: Outcome) -> dict[str, Any]:
    """What is notified of a refresh by which signals appeared."""
    signals = outcome.comparison.new_signals
    return {
        "event": "signal",
        "warehouse": warehouse,
        "current_version": outcome.run.version,
        "exit_code": 0,
        "message": summary(outcome),
        "signal_count": len(signals),
        "signals": [asdict(signal) for signal in signals[:MAX_SIGNALS]],
    }
