"""The mapping file: how the columns of a CSV file become raw tables. Its reference is docs/connectors.md.

This module reads and checks the file; what it says is carried out in ``csv_file.py``.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import available_timezones

import yaml

from service_kpis.errors import UserError
from service_kpis.raw_layout import RawColumn, RawTable

NUMBER_FORMATS = ("h:mm:ss", "1.234,56")
VALUE_GROUP = "value"
EMPTY_TABLE = "empty"

_ORIGINS = ("column", "text", "value", "sql")
_COLUMN_KEYS = (*_ORIGINS, "null_if", "map", "default", "format", "plus_seconds")
_SOURCE_KEYS = ("encoding", "delimiter", "quote", "skip_rows", "null_values", "timezone")


@dataclass(frozen=True)
class SourceFormat:
    """How the CSV file is written.

    Attributes:
        encoding: a codec that Python knows.
        delimiter: the character between fields.
        quote: the character around fields.
        skip_rows: lines above the header.
        null_values: texts that mean "empty", beside the empty text.
        timezone: IANA zone of the times without an offset.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    skip_rows: int = 0
    null_values: tuple[str, ...] = ()
    timezone: str = "UTC"


@dataclass(frozen=True)
class ColumnMapping:
    """Where a raw column comes from and what is done to it, in the order of the attributes.

    Attributes:
        key: the place in the mapping file, for messages.
        raw: the raw column.
        origin: ``column``, ``text``, ``value`` or ``sql``.
        content: the source column, the template, the constant or the SQL expression.
        null_if: values that mean "empty" in this column.
        values: translations; the key '' stands for an empty value, the translation '' makes one. None: none.
        default: the translation of what ``values`` does not hold; None: it stays as it is.
        format: how a date, an instant or a number is written; None: as the raw layer wants it.
        plus_seconds: source columns whose seconds are added to an instant.
    """

    key: str
    raw: RawColumn
    origin: str
    content: str
    null_if: tuple[str, ...] = ()
    values: Mapping[str, str] | None = None
    default: str | None = None
    format: str | None = None
    plus_seconds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unpivot:
    """Makes a row of each group of columns.

    Attributes:
        key: the place in the mapping file, for messages.
        headers: which headers take part; its named groups become columns, but for the group ``value``, which
            says which of the row's values a header holds.
        values: what ``value`` captures -> the name of the value's column.
    """

    key: str
    headers: re.Pattern[str]
    values: Mapping[str, str]


@dataclass(frozen=True)
class TableMapping:
    """One raw table made from the file.

    Attributes:
        name: the raw table.
        key: the place in the mapping file, for messages.
        columns: its columns, in the order of the raw layer.
        where: an SQL condition that a row must meet; None: all rows.
        unpivot: what makes several rows of one; None: one row of each.
    """

    name: str
    key: str
    columns: tuple[ColumnMapping, ...]
    where: str | None = None
    unpivot: Unpivot | None = None


@dataclass(frozen=True)
class CsvMapping:
    """A mapping file, read and checked.

    Attributes:
        path: the file itself.
        source: how the CSV file is written.
        tables: the raw tables that it fills.
        empty_tables: raw tables that a build needs and the file says nothing of.
    """

    path: Path
    source: SourceFormat
    tables: tuple[TableMapping, ...]
    empty_tables: tuple[RawTable, ...] = ()

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raises the UserError that names the file, the key and the problem."""
        _fail(self.path, key, problem)


def read_mapping(path: Path, layout: Mapping[str, RawTable]) -> CsvMapping:
    """Reads a mapping file and checks all that can be checked without the data.

    Args:
        path: the YAML file.
        layout: the raw tables by name.

    Raises:
        UserError: one line that names the file, the key, what is wrong and how to put it right.
    """
    if not path.is_file():
        raise UserError(
            f"{path} does not exist; --mapping takes a YAML file, examples are in examples/mappings."
        )
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_TextLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    reader = _Reader(path)
    top = reader.section(document, "the file", ("source", "tables"))
    tables = reader.section(top.get("tables"), "tables", tuple(layout))
    filled = {name: content for name, content in tables.items() if content != EMPTY_TABLE}
    if not filled:
        _fail(path, "tables", f"fills no raw table; give at least one, such as {next(iter(layout))}.")
    return CsvMapping(
        path=path,
        source=reader.source(top.get("source", {})),
        tables=tuple(reader.table(layout[name], content) for name, content in filled.items()),
        empty_tables=tuple(layout[name] for name in tables if name not in filled),
    )


class _TextLoader(yaml.BaseLoader):
    """Reads every scalar as text, so that Yes, 007 and 2024-01-31 stay what was typed, and no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key!r} is there twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_TextLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG,
    lambda loader, node: loader.construct_mapping(node, deep=True),
)


def _fail(path: Path, key: str, problem: str) -> NoReturn:
    raise UserError(f"{path}: {key}: {problem}")


def suggestion(word: str, known: Collection[str]) -> str:
    """The nearest of the known words as a question, else all of them if they are few."""
    folded = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean {folded[near[0]]}?"
    return (
        f"known are {', '.join(known)}."
        if len(known) <= 12
        else "look at docs/connectors.md for what there is."
    )


class _Reader:
    """Turns the parts of a document into their classes and names the place of what is wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def section(self, content: Any, key: str, known: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(content, dict):
            _fail(self.path, key, f"must be a list of `name: value` lines with {', '.join(known[:4])} …")
        for name in content:
            if name not in known:
                _fail(self.path, key, f"{name!r} is not known here; {suggestion(name, known)}")
        return content

    def text(self, content: Any, key: str) -> str:
        if not isinstance(content, str):
            _fail(self.path, key, "must be one text.")
        return content

    def texts(self, content: Any, key: str) -> tuple[str, ...]:
        """One text or a list of texts."""
        if isinstance(content, str):
            return (content,)
        if not isinstance(content, list) or not all(isinstance(item, str) for item in content):
            _fail(self.path, key, "must be a text or a list of texts, such as [98, 99].")
        return tuple(content)

    def translations(self, content: Any, key: str) -> dict[str, str]:
        if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
            _fail(self.path, key, "must be pairs of texts, such as {Y: answered, N: abandoned}.")
        return content

    def source(self, content: Any) -> SourceFormat:
        given = self.section(content, "source", _SOURCE_KEYS)
        for name in ("delimiter", "quote"):
            if name in given and len(self.text(given[name], f"source.{name}")) != 1:
                _fail(
                    self.path,
                    f"source.{name}",
                    f'must be one character, not {given[name]!r} (a tab is "\\t").',
                )
        skip_rows = self.text(given.get("skip_rows", "0"), "source.skip_rows")
        if not skip_rows.isdecimal():
            _fail(self.path, "source.skip_rows", f"must be a number of lines, not {skip_rows!r}.")
        timezone = self.text(given.get("timezone", "UTC"), "source.timezone")
        if timezone not in available_timezones():
            _fail(
                self.path,
                "source.timezone",
                f"{timezone!r} is no IANA time zone; an example is Europe/Paris.",
            )
        encoding = self.text(given.get("encoding", "utf-8"), "source.encoding")
        try:
            "".encode(encoding)
        except LookupError:
            _fail(self.path, "source.encoding", f"{encoding!r} is not known; try utf-8, cp1252 or utf-16.")
        return SourceFormat(
            encoding=encoding,
            delimiter=given.get("delimiter", ","),
            quote=given.get("quote", '"'),
            skip_rows=int(skip_rows),
            null_values=self.texts(given.get("null_values", []), "source.null_values"),
            timezone=timezone,
        )

    def table(self, table: RawTable, content: Any) -> TableMapping:
        key, raw = f"tables.{table.name}", table.columns
        given = self.section(content, key, ("where", "unpivot", "columns"))
        columns = self.section(given.get("columns"), f"{key}.columns", tuple(raw))
        missing = [column for column in raw if raw[column].is_required and column not in columns]
        if missing:
            _fail(
                self.path, f"{key}.columns", f"{', '.join(missing)} must be mapped: the raw table needs it."
            )
        return TableMapping(
            name=table.name,
            key=key,
            columns=tuple(
                self.column(raw[column], columns[column], f"{key}.columns.{column}")
                for column in raw
                if column in columns
            ),
            where=self.text(given["where"], f"{key}.where") if "where" in given else None,
            unpivot=self.unpivot(given["unpivot"], f"{key}.unpivot") if "unpivot" in given else None,
        )

    def unpivot(self, content: Any, key: str) -> Unpivot:
        given = self.section(content, key, ("headers", "values"))
        try:
            headers = re.compile(self.text(given.get("headers"), f"{key}.headers"))
        except re.error as error:
            _fail(self.path, f"{key}.headers", f"is no regular expression: {error}.")
        if not set(headers.groupindex) - {VALUE_GROUP}:
            _fail(
                self.path,
                f"{key}.headers",
                r"needs a named group that tells the rows apart, such as (?P<item>\d+).",
            )
        return Unpivot(key, headers, self.translations(given.get("values", {}), f"{key}.values"))

    def column(self, raw: RawColumn, content: Any, key: str) -> ColumnMapping:
        if isinstance(content, str):
            content = {"column": content}
        given = self.section(content, key, _COLUMN_KEYS)
        origins = [origin for origin in _ORIGINS if origin in given]
        if len(origins) != 1:
            _fail(self.path, key, f"must have exactly one of {', '.join(_ORIGINS)}; it has {len(origins)}.")
        (origin,) = origins
        if "default" in given and "map" not in given:
            _fail(
                self.path,
                f"{key}.default",
                "is what the values without a translation become: it needs a map.",
            )
        if "plus_seconds" in given and raw.kind != "ts":
            _fail(self.path, f"{key}.plus_seconds", f"adds to an instant, and {raw.name} is none.")
        if "format" in given:
            self._check_format(raw, self.text(given["format"], f"{key}.format"), f"{key}.format")
        return ColumnMapping(
            key=key,
            raw=raw,
            origin=origin,
            content=self.text(given[origin], f"{key}.{origin}"),
            null_if=self.texts(given.get("null_if", []), f"{key}.null_if"),
            values=self.translations(given["map"], f"{key}.map") if "map" in given else None,
            default=self.text(given["default"], f"{key}.default") if "default" in given else None,
            format=given.get("format"),
            plus_seconds=self.texts(given.get("plus_seconds", []), f"{key}.plus_seconds"),
        )

    def _check_format(self, raw: RawColumn, text: str, key: str) -> None:
        if raw.kind in ("ts", "date"):
            if "%" not in text:
                _fail(self.path, key, f"{text!r} has no date parts; an example is %d/%m/%Y %H:%M.")
        elif raw.kind in ("int", "num"):
            if text not in NUMBER_FORMATS:
                _fail(
                    self.path, key, f"{text!r} is no number format; known are {' and '.join(NUMBER_FORMATS)}."
                )
        else:
            _fail(
                self.path, key, f"{raw.name} is neither a date, an instant nor a number: it takes no format."
            )
