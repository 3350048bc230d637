"""Reads a folder of raw CSV files and judges every row: accepted, rejected, duplicate, superseded or not yet.

Written for being read, not for speed: each row is a dictionary, each rule one `if`.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .schema import DEFAULT_SCALES, DEFAULT_VARIABLES, TABLES, Column, Table

UTC = timezone.utc
Typed = dict[str, Any]

_TS = re.compile(
    r"^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?$"
)
_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
_NUM = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$")
_BOOL = {"true": True, "1": True, "t": True, "yes": True, "false": False, "0": False, "f": False, "no": False}


class RawError(Exception):
    """The folder cannot be read at all: a mandatory table or column is missing, or a policy row breaks its
    rules."""


@dataclass
class Delivered:
    """One raw row as delivered: where it stood and its text, column by column (missing or empty: '')."""

    source_file: str
    position: int
    text: dict[str, str]
    is_readable: bool = True


@dataclass
class Raw:
    """What `load` returns: the accepted rows of every table, typed, and the story of the others.

    tables: table name -> accepted rows (dicts of typed values; instants are aware UTC datetimes, numbers
    Fraction).
    policy: policy file name -> rows (dicts of text).
    rejected: (table, row_key, rule), one for every rejected row.
    reconciliation: table -> rows_read, rows_accepted, rows_rejected, rows_duplicate, rows_superseded,
    rows_not_yet.
    as_of, first_day, last_day: None when there is no row with a main instant.
    """

    variables: dict[str, Any]
    run_started_at: datetime
    tables: dict[str, list[Typed]] = field(default_factory=dict)
    policy: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    rejected: list[tuple[str, str, str]] = field(default_factory=list)
    reconciliation: dict[str, dict[str, int]] = field(default_factory=dict)
    as_of: datetime | None = None
    first_day: date | None = None
    last_day: date | None = None


# --- words into values ----------------------------------------------------------------------------


def parse_ts(text: str, naive_zone: str) -> datetime:
    """ISO 8601 instant -> aware UTC datetime; a value without offset is read in `naive_zone`. ValueError
    otherwise."""
    match = _TS.match(text)
    if not match:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    if hour is None and offset is not None:
        raise ValueError(text)
    micro = int((fraction or "0").ljust(6, "0")[:6])
    local = datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro
    )
    if offset is None:
        return local.replace(tzinfo=ZoneInfo(naive_zone)).astimezone(UTC)
    if offset in ("Z", "z"):
        return local.replace(tzinfo=UTC)
    digits = offset[1:].replace(":", "").ljust(4, "0")
    if int(digits[:2]) > 15 or int(digits[2:]) > 59:
        raise ValueError(text)
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return (local - shift if offset[0] == "+" else local + shift).replace(tzinfo=UTC)


def parse_value(text: str, column: Column, naive_zone: str) -> Any:
    """One trimmed, non-empty text -> its typed value. ValueError when the text is not of the column's
    kind."""
    if column.kind in ("id", "text"):
        return text.lower() if column.name == "channel" else text
    if column.kind == "ts":
        return parse_ts(text, naive_zone)
    if column.kind == "date":
        if not _DATE.match(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    if column.kind == "bool":
        if text.lower() not in _BOOL:
            raise ValueError(text)
        return _BOOL[text.lower()]
    if column.kind == "enum":
        if text.lower() not in column.words:
            raise ValueError(text)
        return text.lower()
    if not _NUM.match(text):
        raise ValueError(text)
    number = Fraction(text)
    if column.kind == "int":
        if number.denominator != 1:
            raise ValueError(text)
        return int(number)
    return number


# --- files ----------------------------------------------------------------------------------------


def _read_csv(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        lines = [line for line in csv.reader(handle) if line]
    if not lines:
        return [], []
    return [name.strip() for name in lines[0]], lines[1:]


def _files_of(folder: Path, name: str) -> list[Path]:
    single, many = folder / f"{name}.csv", folder / name
    if single.exists() and many.is_dir():
        raise RawError(f"{name}: both {single.name} and a folder {many.name}/ are there; keep one")
    if single.exists():
        return [single]
    return sorted(many.glob("*.csv")) if many.is_dir() else []


def _read_table(folder: Path, table: Table) -> list[Delivered]:
    files = _files_of(folder, table.name)
    if not files:
        if table.is_optional:
            return []
        raise RawError(f"{table.name}: the mandatory table is missing")
    rows = []
    for path in files:
        header, lines = _read_csv(path)
        if not header and table.is_optional:
            continue
        for column in table.columns:
            if column.is_required and column.name not in header:
                raise RawError(f"{path.name}: the mandatory column {column.name} is missing")
        places = {name: index for index, name in enumerate(header)}
        for position, line in enumerate(lines):
            is_readable = len(line) == len(header)
            text = {
                column.name: line[places[column.name]] if is_readable and column.name in places else ""
                for column in table.columns
            }
            rows.append(Delivered(path.name, position, text, is_readable))
    return rows


# --- judgement ------------------------------------------------------------------------------------


def row_key(table: Table, row: Delivered) -> str:
    """The key as delivered, several columns joined by '|', empty when missing."""
    return "|".join(row.text[name] for name in table.key) if row.is_readable else ""


def _type_row(table: Table, row: Delivered, naive_zone: str) -> tuple[Typed, str | None]:
    """Values of a row and the first broken rule in column order (None: no column breaks one)."""
    values: Typed = {}
    broken = None
    for column in table.columns:
        text = row.text[column.name].strip()
        values[column.name] = None
        if text == "":
            if column.is_required:
                broken = broken or f"missing:{column.name}"
            continue
        try:
            values[column.name] = parse_value(text, column, naive_zone)
        except ValueError:
            word = "not_in_list" if column.kind == "enum" else f"not_{column.kind}"
            broken = broken or f"{word}:{column.name}"
            continue
        if column.name in table.not_negative and values[column.name] < 0:
            broken = broken or f"negative:{column.name}"
        if table.name == "raw_exchange_rates" and column.name == "rate" and values["rate"] <= 0:
            broken = broken or "not_positive:rate"
    return values, broken


def _scale_rule(table: Table, values: Typed) -> str | None:
    if table.name == "raw_survey_responses":
        default, scores = DEFAULT_SCALES[values["survey_type"]], ["score"]
    elif table.name == "raw_servqual_answers":
        default, scores = DEFAULT_SCALES["servqual"], ["expectation", "perception"]
    else:
        return None
    low = Fraction(default[0]) if values["scale_min"] is None else values["scale_min"]
    high = Fraction(default[1]) if values["scale_max"] is None else values["scale_max"]
    values["scale_min"], values["scale_max"] = low, high
    if low >= high:
        return "bad_scale:scale_min"
    if values.get("survey_type") == "nps" and (low, high) != (0, 10):
        return "bad_scale:scale_min"
    for name in scores:
        if values[name] is not None and not low <= values[name] <= high:
            return f"outside_scale:{name}"
    return None


def main_instant(table: Table, values: Typed, as_of: datetime | None) -> datetime | None:
    """The instant that dates a row; `as_of` is the variable when it is set, else None."""
    if table.main_instant is None:
        return None
    if table.name == "raw_survey_responses":
        answered, sent = values["answered_at"], values["sent_at"]
        if answered is None or (as_of is not None and answered > as_of and sent is not None):
            return sent
        return answered
    return values[table.main_instant]


def _own_rules(table: Table, row: Delivered, raw: Raw, as_of: datetime | None) -> tuple[Typed, str | None]:
    if not row.is_readable:
        return {}, "unreadable_line"
    values, broken = _type_row(table, row, str(raw.variables["source_timezone"]))
    if broken:
        return values, broken
    for earlier, later in table.backwards:
        if values[earlier] is None or values[later] is None:
            continue
        is_date = not isinstance(values[later], datetime)
        if values[later] < values[earlier] or (is_date and values[later] == values[earlier]):
            return values, "ends_before_it_starts"
    broken = _scale_rule(table, values)
    if broken:
        return values, broken
    instant = main_instant(table, values, as_of)
    if instant is not None and instant > raw.run_started_at:
        return values, "in_the_future"
    return values, None


def _version(values: Typed) -> tuple[tuple[bool, Any], tuple[bool, Any]]:
    """Greater is newer; a version without an instant is older than any with one."""
    nothing = datetime.min.replace(tzinfo=UTC)
    loaded, updated = values.get("loaded_at"), values.get("updated_at")
    return (loaded is not None, loaded or nothing), (updated is not None, updated or nothing)


def _key_of(table: Table, values: Typed) -> tuple[Any, ...]:
    # The month of a rate may be written as any of its days.
    return tuple(values[name].replace(day=1) if name == "rate_month" else values[name] for name in table.key)


def _judge(table: Table, rows: list[Delivered], raw: Raw, as_of: datetime | None) -> None:
    counts = dict.fromkeys(
        ("rows_read", "rows_accepted", "rows_rejected", "rows_duplicate", "rows_superseded", "rows_not_yet"),
        0,
    )
    counts["rows_read"] = len(rows)

    def reject(row: Delivered, rule: str) -> None:
        counts["rows_rejected"] += 1
        raw.rejected.append((table.name, row_key(table, row), rule))

    distinct: list[Delivered] = []
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        whole = tuple(row.text[column.name] for column in table.columns)
        if row.is_readable and whole in seen:
            counts["rows_duplicate"] += 1
            continue
        if row.is_readable:
            seen.add(whole)
        distinct.append(row)

    by_key: dict[tuple[Any, ...], list[tuple[Delivered, Typed]]] = {}
    for row in distinct:
        values, broken = _own_rules(table, row, raw, as_of)
        if broken is None and table.name == "raw_costs" and _rate(raw, values) is None:
            broken = "no_exchange_rate"
        if broken is not None:
            reject(row, broken)
            continue
        by_key.setdefault(_key_of(table, values), []).append((row, values))

    accepted: list[Typed] = []
    for candidates in by_key.values():
        newest = max(_version(values) for _, values in candidates)
        winner: Typed | None = None
        for row, values in candidates:
            if _version(values) < newest:
                counts["rows_superseded"] += 1
            elif winner is None:
                winner = values
            else:
                reject(row, "conflicting_key")
        if winner is None:
            continue
        instant = main_instant(table, winner, as_of)
        if as_of is not None and instant is not None and instant > as_of:
            counts["rows_not_yet"] += 1
            continue
        accepted.append(winner)
    counts["rows_accepted"] = len(accepted)
    raw.tables[table.name] = accepted
    raw.reconciliation[table.name] = counts


def _rate(raw: Raw, cost: Typed) -> Fraction | None:
    month = cost["cost_month"].replace(day=1)
    for row in raw.tables["raw_exchange_rates"]:
        if row["currency_code"] == cost["currency_code"] and row["rate_month"].replace(day=1) == month:
            return row["rate"]
    return Fraction(1) if cost["currency_code"] == raw.variables["reporting_currency"] else None


def _local_midnight_after(instant: datetime, zone: ZoneInfo) -> datetime:
    day = instant.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _as_instant(value: Any, zone: str = "UTC") -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return parse_ts(str(value).strip(), zone)


POLICY_COLUMNS = {
    "business_hours": (
        "calendar_id",
        "iso_weekday",
        "opens_at",
        "closes_at",
        "timezone",
        "valid_from",
        "valid_to",
    ),
    "holidays": ("calendar_id", "holiday_date", "opens_at", "closes_at", "name"),
    "sla_policies": (
        "sla_policy_id",
        "metric",
        "priority",
        "channel",
        "target_minutes",
        "clock",
        "valid_from",
        "valid_to",
    ),
    "response_time_bands": ("band_key", "upper_minutes", "name_en", "name_fr"),
}


def _read_policy(folder: Path, policy_folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / f"{name}.csv" if (folder / f"{name}.csv").exists() else policy_folder / f"{name}.csv"
    if not path.exists():
        return []
    header, lines = _read_csv(path)
    rows = []
    for line in lines:
        given = dict(zip(header, line, strict=True))
        rows.append({column: given.get(column, "").strip() for column in POLICY_COLUMNS[name]})
    return rows


def load(
    folder: str | Path,
    policy_folder: str | Path,
    variables: dict[str, Any] | None,
    run_started_at: datetime,
) -> Raw:
    """Read and judge every raw table of `folder`; policy files there win over those of `policy_folder`.

    variables: only those that differ from the defaults. run_started_at: aware, or naive and then UTC.
    Raises RawError when a mandatory table or column is missing.
    """
    folder, policy_folder = Path(folder), Path(policy_folder)
    started = _as_instant(run_started_at)
    assert started is not None
    raw = Raw(variables={**DEFAULT_VARIABLES, **(variables or {})}, run_started_at=started)
    set_as_of = _as_instant(raw.variables["as_of"], str(raw.variables["source_timezone"]))
    delivered = {name: _read_table(folder, table) for name, table in TABLES.items()}
    # Rates before costs: a cost is judged by the accepted rates.
    order = sorted(TABLES, key=lambda name: name != "raw_exchange_rates")
    for name in order:
        _judge(TABLES[name], delivered[name], raw, set_as_of)
    for row in raw.tables["raw_costs"]:
        row["amount_reporting"] = row["amount"] * (_rate(raw, row) or 0)
    for name in POLICY_COLUMNS:
        raw.policy[name] = _read_policy(folder, policy_folder, name)
    instants = [
        instant
        for name, table in TABLES.items()
        for values in raw.tables[name]
        if (instant := main_instant(table, values, set_as_of)) is not None
    ]
    if not instants:
        return raw
    zone = ZoneInfo(str(raw.variables["report_timezone"]))
    raw.first_day = min(instants).astimezone(zone).date()
    raw.last_day = max(instants).astimezone(zone).date()
    raw.as_of = set_as_of or min(_local_midnight_after(max(instants), zone), started)
    for name, table in TABLES.items():
        instant_columns = [
            column.name for column in table.columns if column.kind == "ts" and column.name != "loaded_at"
        ]
        for values in raw.tables[name]:
            for column in instant_columns:
                if values[column] is not None and values[column] > raw.as_of:
                    values[column] = None
    return raw
