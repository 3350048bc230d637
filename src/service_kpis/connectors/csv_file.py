"""Any CSV file to raw tables, by a mapping file and without code. The reference is docs/connectors.md.

All columns of the raw tables are written as text: what a mapping cannot read stays as it was, so that the
warehouse rejects the row with its reason instead of losing it.
"""

import csv
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from service_kpis.connectors.mapping import (
    EMPTY_TABLE,
    VALUE_GROUP,
    ColumnMapping,
    CsvMapping,
    SourceFormat,
    TableMapping,
    Unpivot,
    read_mapping,
    suggestion,
)
from service_kpis.connectors.report import (
    LoadReport,
    forms_of,
    open_database,
    prepare_folder,
    write_tables,
)
from service_kpis.errors import UserError
from service_kpis.raw_layout import raw_layout
from service_kpis.sql import identifier, literal

ROW_NUMBER = "row_number"

_ISO_DATE = r"\d{4}-\d{2}-\d{2}"
_ISO_INSTANT = _ISO_DATE + r"([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)?)?"
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")

# An instant without an offset is local time in the zone of the mapping; `zone` stands for it.
_MACROS = r"""
create macro utc_text(instant) as replace(cast(timezone('UTC', instant) as text), ' ', 'T') || 'Z';

create macro iso_instant(value) as
    case
        when regexp_matches(value, ':\d{2}(\.\d+)?\s*(Z|[+-]\d{2}(:?\d{2})?)$')
            then try_cast(value as timestamptz)
        else timezone(zone, try_cast(value as timestamp))
    end;

create macro seconds(duration) as
    case
        when regexp_full_match(duration, '\d+(\.\d+)?') then try_cast(duration as double)
        when regexp_full_match(duration, '(\d+:)?\d+:[0-5]?\d(\.\d+)?')
            then
                coalesce(try_cast(string_split(duration, ':')[-3] as double), 0) * 3600
                + try_cast(string_split(duration, ':')[-2] as double) * 60
                + try_cast(string_split(duration, ':')[-1] as double)
    end;
"""


def load_csv(mapping: Path, source: Path, out: Path) -> LoadReport:
    """Reads a CSV file as a mapping file says and writes the raw tables that the mapping names.

    Args:
        mapping: the mapping file (YAML).
        source: the CSV file.
        out: the folder for the raw tables (Parquet, all columns text); made if it is missing.

    Returns:
        The report; its notes name the values that the mapping could not translate or read.

    Raises:
        UserError: one line that names the file, the key or column, what is wrong and how to put it right.
    """
    layout = raw_layout()
    rules = read_mapping(mapping, layout)
    # An empty table is for a folder that has none: never in the place of one with rows.
    empty = [table for table in rules.empty_tables if not forms_of(table.name, out)]
    names = [table.name for table in (*rules.tables, *empty)]
    with open_database() as connection:
        connection.execute(_MACROS.replace("(zone,", f"({literal(rules.source.timezone)},"))
        headers = _read_source(connection, source, rules.source)
        prepare_folder(out, names)
        _confine(connection, out)
        (rows_read,) = connection.execute("select count(*) from source").fetchone() or (0,)
        filtered: dict[str, int] = {}
        notes: list[str] = []
        for table in rules.tables:
            job = _TableJob(connection, rules, table, headers)
            filtered[table.name] = job.make()
            notes.extend(job.notes())
        for table in empty:
            columns = ", ".join(f"cast(null as text) as {column}" for column in table.columns)
            connection.execute(f"create table {table.name} as select {columns} where false")
        tables = write_tables(connection, names, out)
    missing = [name for name, table in layout.items() if not table.is_optional and not forms_of(name, out)]
    if missing:
        notes.append(
            f"{', '.join(missing)}: not in {out} yet, and a build needs them; "
            f"where there is nothing to load, `{missing[0]}: {EMPTY_TABLE}` in the mapping makes an empty one"
        )
    return LoadReport(source, out, rows_read, tables, filtered, tuple(notes))


def normalised_header(text: str) -> str:
    """A header as the mapping file spells it: line breaks, tabs and runs of blanks are one blank, in NFC."""
    return " ".join(unicodedata.normalize("NFC", text).replace("\ufeff", "").split())


def _confine(connection: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Lets the connection write to ``out`` and touch no other file: a mapping may come from anywhere."""
    connection.execute(f"set allowed_directories = [{literal(out.resolve())}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


@contextmanager
def _as_utf8(source: Path, encoding: str) -> Iterator[Path]:
    """The file itself, or a copy in UTF-8 for the time of reading."""
    if encoding.lower().replace("_", "-") in ("utf-8", "utf-8-sig", "utf8", "ascii"):
        yield source
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / source.name
        with (
            source.open(encoding=encoding, newline="") as text,
            copy.open("w", encoding="utf-8", newline="") as new,
        ):
            shutil.copyfileobj(text, new, 1 << 20)
        yield copy


def _read_source(connection: duckdb.DuckDBPyConnection, source: Path, layout: SourceFormat) -> list[str]:
    """Makes the table ``source`` (``row_number``, every column as text); returns the normalised headers."""
    if not source.is_file():
        raise UserError(f"{source} does not exist; --from takes the CSV file.")
    try:
        with _as_utf8(source, layout.encoding) as file:
            headers = _headers(file, layout)
            columns = ", ".join(f"{literal(header)}: 'varchar'" for header in headers)
            nulls = ", ".join(literal(text) for text in ("", *layout.null_values))
            cleaned = ", ".join(
                f"case when trim({identifier(header)}) not in ({nulls}) then trim({identifier(header)}) end"
                f" as {identifier(header)}"
                for header in headers
            )
            connection.execute(
                f"create table source as select row_number() over () as {ROW_NUMBER}, {cleaned} "
                f"from read_csv({literal(file)}, auto_detect = false, columns = {{{columns}}}, "
                f"header = true, skip = {layout.skip_rows}, delim = {literal(layout.delimiter)}, "
                f"quote = {literal(layout.quote)}, escape = {literal(layout.quote)})"
            )
    except UnicodeDecodeError as error:
        raise UserError(
            f"{source} is not {layout.encoding} (byte {error.start:,}): name its encoding in the mapping, "
            "source.encoding, such as cp1252."
        ) from error
    except duckdb.Error as error:
        raise UserError(f"{source} cannot be read: {str(error).splitlines()[0]}") from error
    return headers


def _headers(file: Path, layout: SourceFormat) -> list[str]:
    """The normalised headers; an empty one is `column N`, one that occurs again has its number behind it."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for _ in range(layout.skip_rows):
            lines.readline()
        record = next(csv.reader(lines, delimiter=layout.delimiter, quotechar=layout.quote), None)
    if not record:
        raise UserError(f"{file.name} has no header row; check source.skip_rows of the mapping.")
    headers: list[str] = []
    taken = {ROW_NUMBER}
    for position, text in enumerate(record, start=1):
        base = normalised_header(text) or f"column {position}"
        header, count = base, 1
        while header.casefold() in taken:
            count += 1
            header = f"{base} ({count})"
        taken.add(header.casefold())
        headers.append(header)
    return headers


class _TableJob:
    """Makes one raw table of the table ``source``."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        rules: CsvMapping,
        table: TableMapping,
        headers: list[str],
    ) -> None:
        self.connection = connection
        self.rules = rules
        self.table = table
        self.known = [ROW_NUMBER, *headers]
        self.relation = f"{table.name}_rows"
        rows = self._unpivoted(table.unpivot, headers) if table.unpivot else "select * from source"
        connection.execute(f"create view {self.relation} as {rows}")

    def make(self) -> int:
        """Makes the table and returns how many rows its filter left out."""
        table = self.table
        selected = ", ".join(
            f"{self._expression(column)} as {identifier(column.raw.name)}" for column in table.columns
        )
        if table.where:
            self._check_sql(table.where, f"{table.key}.where")
        where = f"where (\n{table.where}\n)" if table.where else ""
        try:
            self.connection.execute(f"create temp table kept as select * from {self.relation} {where}")
            self.connection.execute(f"create table {table.name} as select {selected} from kept")
        except duckdb.Error as error:
            self.rules.fail(
                table.key, f"{_first_line(error)} (try_cast and try_strptime give null where cast fails)"
            )
        (left_out,) = self.connection.execute(
            f"select (select count(*) from {self.relation}) - (select count(*) from kept)"
        ).fetchone() or (0,)
        return left_out

    def notes(self) -> list[str]:
        """One line for each column with values that the mapping could not translate or read.

        Drops the rows that ``make`` kept for it.
        """
        notes = []
        for column in self.table.columns:
            if column.values is not None and column.default is None:
                known = ", ".join(literal(text) for text in column.values)
                what = f"without a translation in {column.key}.map"
                notes += self._note(column, what, self._before_translation(column), f"given not in ({known})")
            if column.raw.kind in ("ts", "date"):
                pattern = _ISO_INSTANT if column.raw.kind == "ts" else _ISO_DATE
                what = f"not written as {column.format}" if column.format else "not in ISO 8601"
                unread = f"not regexp_full_match(given, {literal(pattern)})"
                notes += self._note(column, what, self._expression(column), unread)
        self.connection.execute("drop table kept")
        return notes

    def _note(self, column: ColumnMapping, what: str, value: str, condition: str) -> list[str]:
        """The note on the values that meet a condition on ``given``, if there are any."""
        found = self.connection.execute(
            f"with given_values as (select {value} as given from kept) "
            f"select given, count(*) as row_count from given_values where {condition} "
            "group by given order by row_count desc, given"
        ).fetchall()
        if not found:
            return []
        total = sum(rows for _, rows in found)
        shown = ", ".join(f"{text!r} ({rows:,})" for text, rows in found[:3]) + (" …" if found[3:] else "")
        return [
            f"{self.table.name}.{column.raw.name}: {total:,} row(s) hold a value {what}: {shown}; "
            "kept as it is, for the warehouse to judge"
        ]

    def _unpivoted(self, unpivot: Unpivot, headers: list[str]) -> str:
        """SQL of one row per source row and item; the items in the order of their first header."""
        items: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        for header in headers:
            match = unpivot.headers.search(header)
            if not match:
                continue
            groups = {name: text or "" for name, text in match.groupdict().items()}
            value = groups.pop(VALUE_GROUP, VALUE_GROUP)
            value = unpivot.values.get(value, value)
            item = items.setdefault(tuple(groups.items()), {})
            if value in item:
                self.rules.fail(
                    f"{unpivot.key}.headers", f"{item[value]!r} and {header!r} both are {value} of {groups}."
                )
            item[value] = header
        if not items:
            self.rules.fail(
                f"{unpivot.key}.headers", f"matches none of the {len(headers)} headers of the file."
            )
        values = list(dict.fromkeys(value for item in items.values() for value in item))
        for groups, item in items.items():
            missing = [value for value in values if value not in item]
            if missing:
                self.rules.fail(
                    f"{unpivot.key}.headers", f"finds no {', '.join(missing)} for {dict(groups)}."
                )
        names = [*unpivot.headers.groupindex.keys() - {VALUE_GROUP}, *values]
        for name in names:
            if name.casefold() in {header.casefold() for header in (ROW_NUMBER, *headers)}:
                self.rules.fail(
                    unpivot.key, f"{name!r} is a column of the file already; give it another name."
                )
            self.known.append(name)
        structs = ", ".join(
            "{"
            + ", ".join(
                [f"{literal(name)}: {literal(text)}" for name, text in groups]
                + [f"{literal(value)}: {identifier(item[value])}" for value in values]
            )
            + "}"
            for groups, item in items.items()
        )
        return f"select *, unnest([{structs}], recursive := true) from source"

    def _expression(self, column: ColumnMapping) -> str:
        """SQL of the raw column's value, as text."""
        value = self._before_translation(column)
        if column.values is not None:
            empty = column.values.get("")
            cases = [f"when {value} is null then {_text_or_null(empty)}"] if empty is not None else []
            cases += [
                f"when {value} = {literal(given)} then {_text_or_null(wanted)}"
                for given, wanted in column.values.items()
                if given != ""
            ]
            rest = (
                value
                if column.default is None
                else f"case when {value} is not null then {_text_or_null(column.default)} end"
            )
            value = f"case {' '.join(cases)} else {rest} end" if cases else rest
        if column.raw.kind == "ts":
            return self._instant(column, value)
        if column.raw.kind == "date" and column.format:
            day = f"cast(try_strptime({value}, {literal(column.format)}) as date)"
            return f"coalesce(cast({day} as text), {value})"
        if column.format == "h:mm:ss":
            return f"coalesce(cast(seconds({value}) as text), {value})"
        if column.format == "1.234,56":
            return f"replace(replace({value}, '.', ''), ',', '.')"
        return value

    def _instant(self, column: ColumnMapping, value: str) -> str:
        if column.format is None:
            instant = f"iso_instant({value})"
        else:
            instant = f"try_strptime({value}, {literal(column.format)})"
            if "%z" not in column.format:
                instant = f"timezone({literal(self.rules.source.timezone)}, {instant})"
        for name in column.plus_seconds:
            added = f"cast({self._source_column(name, f'{column.key}.plus_seconds')} as text)"
            instant = f"({instant} + to_seconds(seconds({added})))"
            # Without seconds there is no instant; with some that cannot be read there is a text to reject.
            value = f"({value} || ' + ' || {added} || ' s')"
        return f"coalesce(utc_text({instant}), {value})"

    def _before_translation(self, column: ColumnMapping) -> str:
        """SQL of what the file says, as text, the column's own null markers as null."""
        if column.origin == "column":
            value = f"cast({self._source_column(column.content, f'{column.key}.column')} as text)"
        elif column.origin == "value":
            value = _text_or_null(column.content)
        elif column.origin == "text":
            value = self._template(column)
        else:
            self._check_sql(column.content, f"{column.key}.sql")
            value = f"cast((\n{column.content}\n) as text)"
        if column.null_if:
            empty = ", ".join(literal(text) for text in column.null_if)
            value = f"case when {value} not in ({empty}) then {value} end"
        return value

    def _template(self, column: ColumnMapping) -> str:
        """SQL of a text with {columns} in it; null where one of them is."""
        parts = []
        for position, part in enumerate(_PLACEHOLDER.split(column.content)):
            if position % 2:
                parts.append(f"cast({self._source_column(part, f'{column.key}.text')} as text)")
            elif part:
                parts.append(literal(part))
        return f"({' || '.join(parts)})" if parts else "cast(null as text)"

    def _source_column(self, name: str, key: str) -> str:
        header = normalised_header(name)
        if header not in self.known:
            self.rules.fail(key, f"the file has no column {header!r}; {suggestion(header, self.known)}")
        return identifier(header)

    def _check_sql(self, expression: str, key: str) -> None:
        try:
            self.connection.execute(f"select (\n{expression}\n) from {self.relation} limit 0")
        except duckdb.Error as error:
            self.rules.fail(key, _first_line(error))


def _text_or_null(text: str | None) -> str:
    return literal(text) if text else "cast(null as text)"


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]
