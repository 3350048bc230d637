"""What a build would reject, before building: staging and quality alone, in a throw-away database."""

import csv
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Group
from rich.table import Table
from rich.text import Text

from service_kpis.errors import UserError
from service_kpis.project import DATABASE_VARIABLE, RAW_PATH_VARIABLE, run_dbt
from service_kpis.raw_layout import RawTable, entries_of, policy_names, raw_layout

# Staging whole, for it judges the policy files too. No tests: the rules are in the models.
_SELECTION = (
    *("--select", "+path:models/staging", "+path:models/quality"),
    *("--exclude-resource-type", "test"),
    *("--exclude-resource-type", "unit_test"),
)

# What would have been right, by the end of a rule's name.
_WANTED = {
    "unreadable_line": "as many values as the header has columns, quotes that close, UTF-8",
    "_not_a_timestamp": "such as 2026-06-30T14:05:00Z",
    "_not_a_date": "such as 2026-06-30",
    "_not_a_number": "such as 1234.5, with a decimal point and nothing between thousands",
    "_not_an_integer": "a whole number, such as 42",
    "_not_a_boolean": "true or false",
    "conflicting_key": "one row per key, or a loaded_at (or updated_at) that tells which is the newer",
    "no_exchange_rate": "a rate in raw_exchange_rates from this currency to the reporting one",
}


@dataclass(frozen=True)
class TableCounts:
    """One row of ``quality.row_reconciliation``: what became of the rows of a raw table."""

    raw_table: str
    read: int
    accepted: int
    rejected: int
    duplicate: int
    superseded: int
    not_yet: int


@dataclass(frozen=True)
class RejectedRow:
    """One row of ``quality.rejected_rows``; ``raw_values`` is JSON, all values as delivered."""

    raw_table: str
    row_key: str
    rule: str
    source_file: str
    raw_values: str


@dataclass(frozen=True)
class BrokenRule:
    """The rows of one table that broke one rule: how many, the first ones, and what would have been right."""

    raw_table: str
    rule: str
    rows: int
    first: tuple[RejectedRow, ...]
    wanted: str = ""


@dataclass(frozen=True)
class InputCheck:
    """What was found.

    Attributes:
        tables: what became of each table's rows; empty if the build stopped before it read any.
        broken: the rules broken, by table, the most frequent first.
        errors: why a build would stop, one line each; empty if it would not.
        unread: files and columns that no raw table knows, one line each: often a name that was misspelt.
    """

    tables: tuple[TableCounts, ...]
    broken: tuple[BrokenRule, ...]
    errors: tuple[str, ...]
    unread: tuple[str, ...] = ()

    @property
    def would_build(self) -> bool:
        """No error stops a build. Rejected rows alone do not."""
        return not self.errors

    @property
    def rejected(self) -> int:
        """Rows rejected, of all tables."""
        return sum(table.rejected for table in self.tables)


def check_inputs(
    raw_path: Path,
    *,
    project: Path,
    variables: Mapping[str, Any] | None = None,
    examples: int = 3,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> InputCheck:
    """Builds staging and quality from ``raw_path`` in a temporary file and reads what became of the rows.

    Args:
        raw_path: the folder with the raw tables.
        project: the folder of the dbt project; nothing is written there.
        variables: dbt variables besides ``raw_path``, as ``--vars`` would give them.
        examples: how many rejected rows of each rule to bring along.
        on_step: told of each step that begins: its number and how many there are.

    Raises:
        UserError: ``raw_path`` is no folder, or holds nothing.
    """
    if not entries_of(raw_path):
        raise UserError(
            f"{raw_path} is empty: put the raw tables there, such as raw_tickets.csv or raw_tickets.parquet."
        )
    raw_path = raw_path.resolve()
    layout = raw_layout(project)

    with tempfile.TemporaryDirectory(prefix="check-inputs-") as folder:
        scratch = Path(folder)
        shutil.copyfile(project / "profiles.yml.example", scratch / "profiles.yml")
        database = scratch / "service_kpis.duckdb"
        run = run_dbt(
            [
                "build",
                *_SELECTION,
                *("--vars", json.dumps({**(variables or {}), "raw_path": str(raw_path)}, default=str)),
                *("--profiles-dir", str(scratch), "--target", "duckdb"),
                *("--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs")),
            ],
            project=project,
            environment={DATABASE_VARIABLE: str(database), RAW_PATH_VARIABLE: str(raw_path)},
            on_step=on_step,
        )
        tables, broken = _read(database, examples, layout)

    errors = run.errors
    if not run.succeeded and not errors:
        errors = ("dbt stopped without saying why: run `dbt build` on this folder to see its log.",)
    unread = unread_things(raw_path, layout, policy_names(project))
    return InputCheck(tables, broken, () if run.succeeded else errors, unread)


def unread_things(raw_path: Path, layout: Mapping[str, RawTable], policies: Iterable[str]) -> tuple[str, ...]:
    """What of a folder a build passes over: files of no table, then columns of no table, file by file.

    Args:
        raw_path: the folder.
        layout: the raw tables by name.
        policies: names of the policy tables, whose CSV files may stand there too.
    """
    policy_files = {f"{name}.csv" for name in policies}
    strangers: list[str] = []
    columns: list[str] = []
    for entry in sorted(raw_path.iterdir()):
        name = entry.name if entry.is_dir() else entry.stem
        if name in layout and (entry.is_dir() or entry.suffix in (".csv", ".parquet")):
            files = sorted(file for file in entry.rglob("*") if file.is_file()) if entry.is_dir() else [entry]
            for file in files:
                unknown = [column for column in _header(file) if column not in layout[name].columns]
                if unknown:
                    columns.append(f"{file.relative_to(raw_path)}: columns {', '.join(unknown)}")
        elif entry.name not in policy_files and not entry.name.startswith("."):
            strangers.append(entry.name)
    return (*strangers, *columns)


def _header(file: Path) -> list[str]:
    """Column names as a build reads them; none of a file that it cannot read, for it says so itself."""
    if file.suffix == ".parquet":
        try:
            described = duckdb.execute("describe select * from read_parquet($file)", {"file": str(file)})
            names = [row[0] for row in described.fetchall()]
        except duckdb.Error:
            return []
    elif file.suffix == ".csv":
        try:
            with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
                names = next(csv.reader(lines), [])
        except csv.Error:
            return []
    else:
        return []
    is_one_text = len(names) == 1 and any(mark in names[0] for mark in ";\t")
    return [] if is_one_text else [name.strip().lower() for name in names]


def _read(
    database: Path, examples: int, layout: Mapping[str, RawTable]
) -> tuple[tuple[TableCounts, ...], tuple[BrokenRule, ...]]:
    if not database.is_file():
        return (), ()
    with duckdb.connect(str(database), read_only=True) as connection:
        try:
            tables = connection.execute(
                """
                select
                    raw_table, rows_read, rows_accepted,
                    rows_rejected, rows_duplicate, rows_superseded, rows_not_yet
                from quality.row_reconciliation
                order by raw_table
                """
            ).fetchall()
            rejected = connection.execute(
                """
                with

                numbered_rows as (

                    select
                        raw_table, rule, row_key, source_file, cast(raw_values as varchar) as raw_values,
                        count(*) over (partition by raw_table, rule) as rows_of_rule,
                        row_number() over (
                            partition by raw_table, rule order by source_file, length(row_key), row_key
                        ) as row_of_rule
                    from quality.rejected_rows

                )

                select raw_table, rule, rows_of_rule, row_key, source_file, raw_values
                from numbered_rows
                where row_of_rule <= greatest($examples, 1)
                order by raw_table, rows_of_rule desc, rule, row_of_rule
                """,
                {"examples": examples},
            ).fetchall()
        except duckdb.CatalogException:
            # The build stopped before these tables; its errors say why.
            return (), ()
    return tuple(TableCounts(*row) for row in tables), tuple(_by_rule(rejected, examples, layout))


def _by_rule(
    rows: Iterable[tuple[str, str, int, str | None, str | None, str | None]],
    examples: int,
    layout: Mapping[str, RawTable],
) -> list[BrokenRule]:
    found: dict[tuple[str, str], tuple[int, list[RejectedRow]]] = {}
    for raw_table, rule, count, row_key, source_file, raw_values in rows:
        _, first = found.setdefault((raw_table, rule), (count, []))
        if len(first) < examples:
            first.append(RejectedRow(raw_table, row_key or "", rule, source_file or "", raw_values or ""))
    return [
        BrokenRule(table, rule, count, tuple(first), wanted(rule, layout[table]))
        for (table, rule), (count, first) in found.items()
    ]


def wanted(rule: str, table: RawTable) -> str:
    """What would have kept a row of the table from breaking the rule; empty where the rule's name says it."""
    if rule.endswith("_not_in_list"):
        return "one of " + ", ".join(table.columns[rule[: -len("_not_in_list")]].values)
    return next((text for ending, text in _WANTED.items() if rule.endswith(ending)), "")


def render(check: InputCheck, *, with_values: bool = False) -> Group:
    """What was found, as something that a rich console prints.

    Args:
        check: the result of ``check_inputs``.
        with_values: show the rejected rows whole. They may hold personal data: names, addresses, messages.
    """
    parts: list[Table | Text] = []
    if check.tables:
        parts.append(_counts_table(check.tables))
    for rule in check.broken:
        parts.append(_rule_text(rule, with_values=with_values))
    if check.unread:
        parts.append(Text("\nNot read, as no raw table has it (misspelt?):"))
        parts.extend(Text(f"    {thing}") for thing in check.unread)
    parts.append(_verdict(check))
    return Group(*parts)


def _counts_table(tables: Iterable[TableCounts]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Table")
    for heading in ("Read", "Accepted", "Rejected", "Duplicate", "Superseded", "Not yet"):
        table.add_column(heading, justify="right")
    for row in tables:
        counts = (row.read, row.accepted, row.rejected, row.duplicate, row.superseded, row.not_yet)
        table.add_row(row.raw_table, *(f"{count:,}" for count in counts), style="red" if row.rejected else "")
    return table


def _rule_text(rule: BrokenRule, *, with_values: bool) -> Text:
    text = Text(f"\n{rule.raw_table}: {rule.rule}", style="bold")
    text.append(f"  {rule.rows:,} {'row' if rule.rows == 1 else 'rows'}", style="not bold")
    if rule.wanted:
        text.append(f"\n    wanted: {rule.wanted}", style="not bold")
    for row in rule.first:
        place = f"  ({Path(row.source_file).name})" if row.source_file else ""
        text.append(f"\n    {row.row_key or 'no key'}{place}", style="not bold")
        if with_values:
            text.append(f"\n        {row.raw_values}", style="not bold dim")
    if rule.first and rule.rows > len(rule.first):
        text.append(f"\n    … and {rule.rows - len(rule.first):,} more", style="not bold dim")
    return text


def _verdict(check: InputCheck) -> Text:
    if check.errors:
        return Text(
            "\nA build would stop:\n" + "\n".join(f"  {error}" for error in check.errors), style="red"
        )
    not_yet = sum(table.not_yet for table in check.tables)
    waiting = f" {not_yet:,} rows are later than as_of and do not count yet." if not_yet else ""
    if check.rejected:
        return Text(
            f"\nA build would go through without the {check.rejected:,} rejected rows.{waiting}",
            style="yellow",
        )
    return Text(
        f"\nA build would go through; no row is rejected.{waiting}", style="yellow" if waiting else "green"
    )
