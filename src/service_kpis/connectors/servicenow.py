"""ServiceNow: the incident event log, one row per update of an incident, to raw tables.

The layout is that of the log published as "Incident management process enriched event log" (Amaral, Fantinato
and Peres, 2018, UCI Machine Learning Repository 498): 36 text columns, naive local ``d/m/yyyy hh:mm``, ``?``
for null. The SQL is in ``servicenow.sql`` beside this module, the reasons are in docs/connectors.md.
"""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import duckdb

from service_kpis.connectors.report import (
    LoadReport,
    open_database,
    prepare_folder,
    write_tables,
)
from service_kpis.errors import UserError
from service_kpis.sql import identifier, literal

RAW_TABLES = ["raw_tickets", "raw_ticket_events", "raw_agents", "raw_customers"]

# Accounts that are no person: ServiceNow's own, and the one that in the published log writes nothing but the
# first row of incidents, in the minute of their opening, and 24,667 of the 24,930 closings.
SYSTEM_ACCOUNTS = ("system", "Updated by 908")

INSTANT_FORMAT = "%d/%m/%Y %H:%M"
INSTANT_COLUMNS = ["opened_at", "sys_updated_at", "resolved_at", "closed_at"]
COLUMNS = [
    "number",
    "incident_state",
    "reopen_count",
    "sys_mod_count",
    "made_sla",
    "caller_id",
    "sys_updated_by",
    "contact_type",
    "category",
    "subcategory",
    "priority",
    "assignment_group",
    "assigned_to",
    "resolved_by",
    *INSTANT_COLUMNS,
]


def load_servicenow(
    source: Path, out: Path, timezone: str = "UTC", system_accounts: Sequence[str] = SYSTEM_ACCOUNTS
) -> LoadReport:
    """Reads an incident event log and writes the raw tables that it can fill.

    Args:
        source: the log, ``.parquet`` or ``.csv``.
        out: the folder for ``raw_tickets``, ``raw_ticket_events``, ``raw_agents`` and ``raw_customers``
            (Parquet, typed, instants in UTC); made if it is missing.
        timezone: IANA name of the zone that the log's times are in.
        system_accounts: values of ``sys_updated_by`` whose changes are nobody's work.

    Raises:
        UserError: the file, a column or the zone is missing, or a value is not in the log's layout.
    """
    with _prepared(source, timezone, system_accounts) as connection:
        prepare_folder(out, RAW_TABLES)
        tables = write_tables(connection, RAW_TABLES, out)
        (rows_read,) = connection.execute("select count(*) from log").fetchone() or (0,)
        notes = [
            f"{column} {value!r} on {rows:,} row(s) is not known to this connector: kept as it is, "
            "for the warehouse to judge"
            for column, value, rows in _unknown_words(connection)
        ]
    return LoadReport(source=source, out=out, rows_read=rows_read, tables=tables, notes=tuple(notes))


def servicenow_figures(
    source: Path, timezone: str = "UTC", system_accounts: Sequence[str] = SYSTEM_ACCOUNTS
) -> dict[str, Any]:
    """What the log's own columns say: an oracle beside which the warehouse's figures can be laid.

    Returns:
        ``updates``, ``incidents``, ``made_sla``, ``reopened_incidents``, ``reopenings`` and
        ``without_resolved_at`` (counts); ``made_sla_pct`` and ``reopened_incidents_pct`` (0 to 100);
        ``days_to_closed_mean``, ``days_to_closed_median``, ``days_to_resolved_mean`` and
        ``days_to_resolved_median`` (days of 24 hours from ``opened_at``); ``contact_types`` (incidents by
        contact type, most first); ``made_sla_by_priority`` (``incidents`` and ``made_sla_pct`` by priority).

    Raises:
        UserError: as in load_servicenow.
    """
    with _prepared(source, timezone, system_accounts) as connection:
        cursor = connection.execute(_sql("servicenow_figures.sql"))
        names = [column[0] for column in cursor.description]
        return dict(zip(names, cursor.fetchone() or (), strict=True))


def _prepared(source: Path, timezone: str, system_accounts: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """A connection in which the log was read and the raw tables were made."""
    if timezone not in available_timezones():
        raise UserError(f"--timezone {timezone} is no IANA time zone; an example is Europe/Paris.")
    connection = open_database()
    _read_log(connection, source)
    connection.execute(
        "create macro instant(value) as "
        f"timezone({literal(timezone)}, strptime(value, {literal(INSTANT_FORMAT)}))"
    )
    connection.execute(
        "create table system_accounts as select unnest(?::text[]) as account", [list(system_accounts)]
    )
    connection.execute(_sql("servicenow.sql"))
    return connection


def _read_log(connection: duckdb.DuckDBPyConnection, source: Path) -> None:
    """Makes the table ``log`` of a connection and checks that the file has the log's layout."""
    readers = {".parquet": "read_parquet({})", ".csv": "read_csv({}, all_varchar = true, header = true)"}
    if source.suffix.lower() not in readers:
        raise UserError(f"{source}: the log is read from a .parquet or .csv file.")
    if not source.is_file():
        raise UserError(f"{source} does not exist; --from takes the incident event log.")
    scan = readers[source.suffix.lower()].format(literal(source))
    try:
        found = {name.lower() for (name, *_) in connection.execute(f"describe from {scan}").fetchall()}
        missing = [column for column in COLUMNS if column not in found]
        if missing:
            raise UserError(
                f"{source} is no ServiceNow incident event log: it has no column {', '.join(missing)}."
            )
        cleaned = ", ".join(
            f"nullif(nullif(trim(cast({identifier(column)} as text)), '?'), '') as {column}"
            for column in COLUMNS
        )
        connection.execute(
            f"create table log as select row_number() over () as file_position, {cleaned} from {scan}"
        )
    except duckdb.Error as error:
        raise UserError(f"{source} cannot be read: {str(error).splitlines()[0]}") from error
    (nameless,) = connection.execute("select count(*) from log where number is null").fetchone() or (0,)
    if nameless:
        raise UserError(f"{source}: {nameless:,} row(s) have no incident number; give each one its number.")
    for column in INSTANT_COLUMNS:
        wrong = connection.execute(
            f"select number, {column} from log where {column} is not null "
            f"and try_strptime({column}, {literal(INSTANT_FORMAT)}) is null order by file_position"
        ).fetchall()
        if wrong:
            number, value = wrong[0]
            raise UserError(
                f"{source}: {column} must be d/m/yyyy hh:mm, which {value!r} of {number} is not "
                f"({len(wrong):,} row(s) in all)."
            )


def _unknown_words(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int]]:
    """Column, value and row count of the words for which servicenow.sql has no translation."""
    return connection.execute(
        """
        select 'incident_state' as log_column, incident_state as word, count(*) as row_count
        from log anti join states on log.incident_state = states.state
        where incident_state is not null
        group by incident_state
        union all
        select 'priority' as log_column, priority as word, count(*) as row_count
        from log anti join priorities on log.priority = priorities.label
        where priority is not null
        group by priority
        union all
        select 'contact_type' as log_column, contact_type as word, count(*) as row_count
        from log anti join channels using (contact_type)
        where contact_type is not null
        group by contact_type
        order by log_column, word
        """
    ).fetchall()


def _sql(name: str) -> str:
    return files("service_kpis.connectors").joinpath(name).read_text(encoding="utf-8")
