"""PostgreSQL: raw files into a schema of text columns, and the sentiment of texts that no label came with."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import duckdb

from service_kpis import sentiment
from service_kpis.errors import UserError
from service_kpis.project import run_dbt
from service_kpis.raw_files import read_raw_files, rows_of, tables_of
from service_kpis.raw_layout import policy_names, raw_layout
from service_kpis.sql import identifier

# Of the target `postgres` in profiles.yml.example: name, variable, default.
_CONNECTION = (
    ("host", "SERVICE_KPIS_PG_HOST", "localhost"),
    ("port", "SERVICE_KPIS_PG_PORT", "5432"),
    ("user", "SERVICE_KPIS_PG_USER", "service_kpis"),
    ("password", "SERVICE_KPIS_PG_PASSWORD", ""),
    ("dbname", "SERVICE_KPIS_PG_DATABASE", "service_kpis"),
)
_TEXTS_AT_ONCE = 20_000


@contextmanager
def connected(*, is_transaction: bool = True) -> Iterator[Any]:
    """A cursor of the server that the environment names.

    Args:
        is_transaction: what is done with it happens whole or not at all; else each statement stands alone.

    Raises:
        UserError: psycopg2 is not installed, there is no such server or database, or it refuses something.
    """
    try:
        import psycopg2
    except ModuleNotFoundError as error:
        raise UserError(
            "PostgreSQL needs further packages: pip install -e '.[postgres]', or make build TARGET=postgres."
        ) from error
    place = _place()
    try:
        connection = psycopg2.connect(**place)
    except psycopg2.Error as error:
        raise UserError(
            f"no PostgreSQL database {place['dbname']} for {place['user']} at {place['host']}:{place['port']}"
            f" ({_one_line(error)}): SERVICE_KPIS_PG_HOST, _PORT, _USER, _PASSWORD, _DATABASE say where."
        ) from error
    try:
        connection.autocommit = not is_transaction
        with connection if is_transaction else nullcontext(), connection.cursor() as cursor:
            yield cursor
    except psycopg2.Error as error:
        raise UserError(f"PostgreSQL: {_one_line(error)}.") from error
    finally:
        connection.close()


def _place() -> dict[str, str]:
    return {name: os.environ.get(variable) or default for name, variable, default in _CONNECTION}


def address() -> str:
    """The database that the environment names, as an address without the password."""
    place = _place()
    return f"postgresql://{place['user']}@{place['host']}:{place['port']}/{place['dbname']}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def load_raw(
    raw_path: Path,
    schema: str,
    *,
    project: Path,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, int]:
    """Copies the files of a folder of raw tables into tables of a schema, as columns of text.

    The tables say of each row where it is from (`source_file`, `file_row_number`) and hold lines that could
    not be read (`unreadable_line`), as DuckDB's builds see them. Tables that were there give way; those of
    the raw layer whose files are gone go too. It happens as a whole or not at all.

    Args:
        raw_path: the folder; policy files in it are loaded too.
        schema: the schema to load into, made if it is not there; the variable raw_schema of builds.
        project: the folder of the dbt project.
        on_step: told how many tables of how many are done.

    Returns:
        rows by table.

    Raises:
        UserError: no such folder or server, a file or column that is missing or there twice.
    """
    known = [*raw_layout(project), *policy_names(project)]
    # Before the files are read, which may take minutes.
    with connected():
        pass
    rows = {}
    with (
        tempfile.TemporaryDirectory(prefix="service-kpis-load-") as folder,
        read_raw_files(raw_path, project=project) as files,
        connected() as cursor,
    ):
        cursor.execute(f"create schema if not exists {identifier(schema)}")
        there = tables_of(files)
        for done, table in enumerate(known, 1):
            if table in there:
                rows[table] = _copy_table(files, cursor, table, schema, Path(folder) / "rows.csv")
            else:
                cursor.execute(f"drop table if exists {identifier(schema, table)} cascade")
            on_step(done, len(known))
    return rows


def _copy_table(files: duckdb.DuckDBPyConnection, cursor: Any, table: str, schema: str, scratch: Path) -> int:
    columns, query = rows_of(files, table)
    count = files.execute(
        f"copy ({query}) to '{scratch}' (format csv, header false, nullstr '\\N')"
    ).fetchone()[0]
    place = identifier(schema, table)
    cursor.execute(
        "select column_name from information_schema.columns where table_schema = %s and table_name = %s"
        " order by ordinal_position",
        (schema, table),
    )
    if [name for (name,) in cursor.fetchall()] == columns:
        # Views of a build may read it.
        cursor.execute(f"truncate {place}")
    else:
        types = ", ".join(f"{identifier(name)} text" for name in columns[:-1])
        cursor.execute(f"drop table if exists {place} cascade")
        cursor.execute(f"create table {place} ({types}, file_row_number bigint)")
    with scratch.open("rb") as rows:
        cursor.copy_expert(f"copy {place} from stdin (format csv, null '\\N')", rows)
    scratch.unlink()
    cursor.execute(f"analyze {place}")
    return count


def classify_texts(
    *,
    project: Path,
    variables: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Reads the sentiment of texts that have no label, of new ones, into intermediate.int_text_sentiments.

    What the Python model of that name does on DuckDB. The models that find the texts are built first.

    Args:
        project: the folder of the dbt project.
        variables: dbt variables, those of the build that follows.
        environment: variables of dbt's process in addition to those of this one.
        on_step: told of each model that begins: its number and how many there are.

    Returns:
        how many texts were read.

    Raises:
        UserError: a model or the server says why it cannot be done.
    """
    run = run_dbt(
        [
            *("build", "--select", "+int_unlabelled_texts", "--target", "postgres"),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            *("--vars", json.dumps(dict(variables), default=str)),
        ],
        project=project,
        environment=environment,
        on_step=on_step,
    )
    if not run.succeeded:
        raise UserError(
            "; ".join(run.errors)
            or "dbt stopped without saying why: `dbt build --target postgres` shows its log."
        )
    schema = f"{variables.get('schema_prefix', '')}intermediate"
    table = identifier(schema, "int_text_sentiments")
    release = (sentiment.CLASSIFIER_NAME, sentiment.classifier_version())
    with connected() as cursor:
        cursor.execute(
            f"create table if not exists {table} (text_hash text primary key, language_code text,"
            " sentiment_label text, classifier_name text, classifier_version text)"
        )
        # Tables of earlier releases have it not.
        cursor.execute(f"alter table {table} add column if not exists classified_at timestamp")
        cursor.execute(
            "select text_hash, body, language_code"
            f" from {identifier(schema, 'int_unlabelled_texts')} as texts"
            f" where not exists (select 1 from {table} as known where known.text_hash = texts.text_hash"
            " and known.classifier_name = %s and known.classifier_version = %s)",
            release,
        )
        texts = cursor.fetchall()
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            some = texts[start : start + _TEXTS_AT_ONCE]
            found = sentiment.classify_all((body, language) for _, body, language in some)
            rows = [
                (text_hash, read.language, read.label, *release)
                for (text_hash, *_), read in zip(some, found, strict=True)
            ]
            cursor.execute(f"delete from {table} where text_hash = any(%s)", ([row[0] for row in rows],))
            values = ", ".join(["(%s, %s, %s, %s, %s, now() at time zone 'UTC')"] * len(rows))
            cursor.execute(f"insert into {table} values {values}", [cell for row in rows for cell in row])
        cursor.execute(f"analyze {table}")
    return len(texts)
