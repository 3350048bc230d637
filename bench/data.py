"""Raw files for the benchmark: a made-up company of any size, its history, one more day, CSV and bad rows.

Everything is made by DuckDB from the Parquet files of `service-kpis generate`, streaming, and kept: what is
there already is not made again.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

TIMEZONE = "Europe/Paris"
# Of all tickets, those that one more day brings: half changed that day, half come again as they were.
TOUCHED_SHARE = 0.0027

# What dates a row of each table, named `source` in queries; None: reference data, all of it history.
INSTANTS: dict[str, str | None] = {
    "raw_agents": None,
    "raw_costs": None,
    "raw_exchange_rates": None,
    "raw_customers": "source.created_at",
    "raw_subscriptions": "cast(source.started_on as timestamptz)",
    "raw_tickets": "source.created_at",
    "raw_ticket_events": "source.occurred_at",
    "raw_contacts": "source.offered_at",
    "raw_contact_legs": "source.started_at",
    "raw_survey_responses": "coalesce(source.sent_at, source.answered_at)",
    "raw_servqual_answers": "source.answered_at",
    "raw_self_service_sessions": "source.started_at",
    "raw_bot_conversations": "source.started_at",
    "raw_bot_questions": "source.asked_at",
    "raw_social_mentions": "source.posted_at",
}

# What is wrong with the bad rows of a table: a column and what stands there instead.
FAULTS = {
    "raw_customers": ("customer_id", "null"),
    "raw_subscriptions": ("ended_on", "started_on"),
    "raw_tickets": ("priority", "'whatever'"),
    "raw_ticket_events": ("event_type", "'whatever'"),
    "raw_contacts": ("outcome", "'whatever'"),
    "raw_contact_legs": ("talk_seconds", "-1"),
    "raw_survey_responses": ("score", "99"),
    "raw_servqual_answers": ("perception", "99"),
    "raw_self_service_sessions": ("tool", "'whatever'"),
    "raw_bot_conversations": ("answer_count", "null"),
    "raw_bot_questions": ("asked_at", "null"),
    "raw_social_mentions": ("visibility", "'whatever'"),
}


@dataclass(frozen=True)
class Day:
    """The last day of the data, cut off: when it began (UTC, as text) and what it touches."""

    starts_at: str
    tickets_changed: int
    tickets_unchanged: int
    rows: int


def scan(folder: Path, table: str) -> str:
    """The FROM item of a raw table's Parquet files in a folder."""
    one = folder / f"{table}.parquet"
    path = one if one.exists() else folder / table / "*.parquet"
    return f"read_parquet('{path}', union_by_name = true)"


def columns_of(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    """Types of a FROM item by column name."""
    return {row[0]: row[1] for row in connection.execute(f"describe select * from {source}").fetchall()}


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection that writes what does not fit in memory beside the files it makes."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set preserve_insertion_order = false")
    connection.execute(f"set temp_directory = '{folder / 'tmp'}'")
    return connection


def is_made(folder: Path) -> bool:
    """Whether a folder was finished; a half-made one is removed."""
    if (folder / "_made").exists():
        return True
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return False


def generate(folder: Path, tickets: int, seed: int) -> Path:
    """The generated company, as Parquet."""
    if not is_made(folder):
        command = [str(Path(sys.executable).with_name("service-kpis")), "generate", "--out", str(folder)]
        command += ["--tickets", str(tickets), "--seed", str(seed), "--format", "parquet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (folder / "_made").touch()
    return folder


def copy_query(connection: duckdb.DuckDBPyConnection, query: str, path: Path, options: str = "") -> int:
    """Write a query to a Parquet file; how many rows it had."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = connection.execute(f"copy ({query}) to '{path}' (format parquet{options})").fetchall()[0][0]
    return int(count)


def split(generated: Path, history: Path, day: Path) -> Day:
    """Cut off the last day: files of the history, and files that one more load brings.

    Rows get a loaded_at: history arrived at two in the morning after the day that it speaks of, the last day
    two hours after its end. A ticket that changed on the last day stands in the history as it was before.
    """
    is_made(day)
    has_history = is_made(history)
    with connect(history) as connection:
        known = {table: scan(generated, table) for table in INSTANTS if has_files(generated, table)}
        events, tickets = known["raw_ticket_events"], known["raw_tickets"]
        connection.execute(
            f"""
            create table cut as
            select
                date_trunc('day', max(occurred_at) at time zone '{TIMEZONE}') at time zone '{TIMEZONE}'
                    as starts_at
            from {events};

            create table parts as
            select
                starts_at,
                starts_at + interval 26 hours as day_loaded_at,
                starts_at + interval 2 hours as loaded_at
            from cut;

            create table of_the_day as
            select distinct ticket_id from {events} where occurred_at >= (select starts_at from cut);

            create table changed as
            select ticket_id from of_the_day
            order by hash(ticket_id)
            limit (select cast(round(count(*) * {TOUCHED_SHARE} / 2) as bigint) from {tickets});

            -- What else happened that day is left out of both: a day as quiet as the share of tickets says.
            create table left_out as
            select ticket_id from of_the_day anti join changed using (ticket_id);

            create table unchanged as
            select ticket_id from {tickets}
            where created_at < (select starts_at from cut)
                and created_at >= (select starts_at - interval 30 days from cut)
                and ticket_id not in (select ticket_id from of_the_day)
            order by hash(ticket_id)
            limit (select count(*) from changed);

            create table as_before as
            select
                ticket_id,
                coalesce(
                    arg_max(new_value, (occurred_at, length(event_id), event_id))
                        filter (where event_type = 'status_change'),
                    'new'
                ) as status,
                max(occurred_at) as updated_at
            from {events}
            where ticket_id in (select ticket_id from of_the_day)
                and occurred_at < (select starts_at from cut)
            group by ticket_id
            """
        )
        starts_at, changed, unchanged = connection.execute(
            "select (select strftime(starts_at, '%Y-%m-%d %H:%M:%S') from cut), "
            "(select count(*) from changed), (select count(*) from unchanged)"
        ).fetchall()[0]
        if not has_history:
            for table, source in known.items():
                copy_query(
                    connection, history_rows(connection, table, source), history / table / "history.parquet"
                )
            (history / "_made").touch()
        rows = 0
        for table, source in known.items():
            query = day_rows(connection, table, source, known)
            if query:
                path = day / table / f"{starts_at[:10]}.parquet"
                count = copy_query(connection, query, path)
                rows += count
                if not count:
                    path.unlink()
        (day / "_made").touch()
    return Day(f"{starts_at}Z", changed, unchanged, rows)


def has_files(folder: Path, table: str) -> bool:
    """Whether a folder has Parquet files of a table."""
    return (folder / f"{table}.parquet").exists() or any((folder / table).glob("*.parquet"))


def history_rows(connection: duckdb.DuckDBPyConnection, table: str, source: str) -> str:
    """The query of the rows of a table as they were before the last day."""
    instant = INSTANTS[table]
    columns = columns_of(connection, source)
    changed: dict[str, str] = {}
    joins = ""
    if table == "raw_tickets":
        joins = "left join as_before on source.ticket_id = as_before.ticket_id"
        is_changed = "source.ticket_id in (select ticket_id from of_the_day)"
        changed = {
            "status": f"case when {is_changed} then coalesce(as_before.status, 'new') else source.status end",
            "updated_at": f"case when {is_changed} then coalesce(as_before.updated_at, source.created_at) "
            "else source.updated_at end",
        }
    if table == "raw_survey_responses":
        # Sent before the day and answered on it: not yet answered.
        for column in ("answered_at", "score", "comment", "sentiment_label"):
            changed[column] = f"case when source.answered_at < parts.starts_at then source.{column} end"
    listed = ", ".join(f"{changed.get(name, f'source.{name}')} as {name}" for name in columns)
    arrived = (
        f"least(date_trunc('day', {instant}) + interval 26 hours, parts.loaded_at)" if instant else "null"
    )
    return (
        f"select {listed}, coalesce({arrived}, parts.loaded_at) as loaded_at "
        f"from {source} as source cross join parts {joins} "
        + (f"where {instant} < parts.starts_at or {instant} is null" if instant else "")
    )


def day_rows(
    connection: duckdb.DuckDBPyConnection, table: str, source: str, known: dict[str, str]
) -> str | None:
    """The query of the rows that the last day brings; None of a table that it does not touch."""
    instant = INSTANTS[table]
    if instant is None:
        return None
    columns = columns_of(connection, source)
    wanted = f"{instant} >= parts.starts_at"
    if table == "raw_tickets":
        wanted = (
            "ticket_id in (select ticket_id from changed) or ticket_id in (select ticket_id from unchanged)"
        )
    elif table == "raw_survey_responses":
        wanted = f"({wanted} or source.answered_at >= parts.starts_at)"
    if "ticket_id" in columns and table != "raw_tickets":
        wanted += " and (ticket_id is null or ticket_id not in (select ticket_id from left_out))"
    if table == "raw_contact_legs":
        wanted += (
            f" and contact_id not in (select contact_id from {known['raw_contacts']} "
            "where ticket_id in (select ticket_id from left_out) "
            "and offered_at >= (select starts_at from cut))"
        )
    return (
        f"select source.*, parts.day_loaded_at as loaded_at from {source} as source "
        f"cross join parts where {wanted}"
    )


def as_csv(history: Path, folder: Path) -> Path:
    """The history as CSV, instants with a Z as tools write them."""
    if not is_made(folder):
        with connect(folder) as connection:
            for table in INSTANTS:
                if has_files(history, table):
                    source = scan(history, table)
                    listed = ", ".join(
                        f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ') as {name}"
                        if kind.startswith("TIMESTAMP")
                        else name
                        for name, kind in columns_of(connection, source).items()
                    )
                    connection.execute(
                        f"copy (select {listed} from {source}) to '{folder / table}.csv' (header)"
                    )
        (folder / "_made").touch()
    return folder


def with_bad_rows(history: Path, folder: Path, share: float = 0.01) -> Path:
    """The history with a share of rows of every large table that break a rule."""
    if not is_made(folder):
        with connect(folder) as connection:
            for table in INSTANTS:
                if not has_files(history, table):
                    continue
                source = scan(history, table)
                key = next(iter(columns_of(connection, source)))
                column, value = FAULTS.get(table, (key, key))
                is_bad = f"hash({key}, 'bad') % 10000 < {round(share * 10000)}"
                spoilt = f"case when {is_bad} then {value} else {column} end as {column}"
                query = f"select * replace ({spoilt}) from {source}"
                copy_query(connection, query, folder / table / "history.parquet")
        (folder / "_made").touch()
    return folder


def size_of(folder: Path) -> int:
    """Bytes of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def counts_of(folder: Path) -> dict[str, int]:
    """Rows by table of a folder of Parquet files."""
    with duckdb.connect() as connection:
        return {
            table: connection.execute(f"select count(*) from {scan(folder, table)}").fetchall()[0][0]
            for table in INSTANTS
            if has_files(folder, table)
        }
