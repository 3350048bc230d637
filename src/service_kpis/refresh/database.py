"""A finished warehouse as audit and run history ask it, whatever engine it is on."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from service_kpis.refresh.layout import PRIVATE_DATABASE
from service_kpis.sql import identifier, literal


class Database(ABC):
    """An open warehouse, under the names that its readers will use.

    Attributes:
        schema_of_policies: where stg_response_time_bands is.
        shows_rejected_rows: readers may read quality.rejected_rows.
        error: what the methods raise if the engine refuses something.
    """

    schema_of_policies: str
    shows_rejected_rows: bool
    error: type[Exception]

    @abstractmethod
    def rows(self, query: str) -> list[tuple]:
        """The rows of a query, none of a statement."""

    @abstractmethod
    def replace(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Puts rows in the place of those that a table has; texts become what the columns are."""

    @abstractmethod
    def save(self, query: str, file: Path) -> None:
        """Writes the rows of a query to a CSV file with a header."""

    @abstractmethod
    def published_tables(self) -> list[tuple[str, str]]:
        """What readers will find, as (``schema.name``, ``table`` or ``view``); views come first."""

    def drop(self, name: str, kind: str) -> None:
        """Drops what ``published_tables`` named."""
        self.rows(f"drop {kind} {identifier(*name.split('.', 1))}")

    @abstractmethod
    def views_of_private_tables(self) -> list[str]:
        """Views that readers will find and that would be empty-handed where they are, as ``schema.name``."""

    @abstractmethod
    def keep(self, name: str, query: str) -> Any:
        """The rows of a query, for ``recall``."""

    @abstractmethod
    def recall(self, name: str, kept: Any) -> None:
        """Gives queries what ``keep`` gave, perhaps in the database of another version, under a name."""


class _DuckDBFiles(Database):
    """A published file, and beside it, if it is asked for, the private one."""

    schema_of_policies = f"{PRIVATE_DATABASE}.staging"
    shows_rejected_rows = True
    error = duckdb.Error

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection

    def rows(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()

    def replace(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.connection.execute(f"delete from {table}")
        places = ", ".join("?" * len(columns))
        for row in rows:
            self.connection.execute(f"insert into {table} ({', '.join(columns)}) values ({places})", row)

    def save(self, query: str, file: Path) -> None:
        self.connection.execute(f"copy ({query}) to {literal(file)} (header)")

    def published_tables(self) -> list[tuple[str, str]]:
        return self.rows(
            """
            select
                table_schema || '.' || table_name,
                case when table_type = 'VIEW' then 'view' else 'table' end
            from information_schema.tables
            where table_catalog = current_database()
            order by table_type <> 'VIEW', 1
            """
        )

    def views_of_private_tables(self) -> list[str]:
        found = self.rows(
            "select schema_name || '.' || view_name from duckdb_views() where"
            f" database_name = current_database() and not internal and contains(sql, '{PRIVATE_DATABASE}')"
        )
        return [name for (name,) in found]

    def keep(self, name: str, query: str) -> Any:
        return self.connection.sql(query).to_arrow_table()

    def recall(self, name: str, kept: Any) -> None:
        self.connection.register(name, kept)


@contextlib.contextmanager
def duckdb_files(
    database: Path, private: Path | None = None, *, writable: bool = False
) -> Iterator[Database]:
    """Opens the closed files of a version; what is written is written whole or not at all.

    Args:
        database: the file that is published, or will be.
        private: the file of the layers before.
        writable: the published file is written to.
    """
    with duckdb.connect(str(database), read_only=not writable) as connection:
        connection.execute("set TimeZone = 'UTC'")
        if private is not None:
            connection.execute(f"attach {literal(private)} as {PRIVATE_DATABASE} (read_only)")
        if not writable:
            yield _DuckDBFiles(connection)
            return
        connection.execute("begin")
        yield _DuckDBFiles(connection)
        connection.execute("commit")
