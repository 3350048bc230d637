"""The audit: what must be true of a finished warehouse before readers see it.

dbt's data tests are about the rows; this is about the whole: is all of it there, is it at least what was
published last, do its figures look like figures.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import duckdb

from service_kpis.refresh.database import Database, duckdb_files

# A share of few rows says little; the same number of rows is let pass where raw rows are rejected.
SMALL_COUNT = 100
_MAX_NAMED = 5
# Beyond it there are but infinity and what is no number.
_LARGEST = 1e300
# As far as engines, and one engine on two days, agree.
_SAME_TO = 5e-10
_FIGURE_KEY = "kpi_key, kpi_variant, period_grain, period_start_date, dimension, member"
_SIGNAL_KEY = f"{_FIGURE_KEY}, signal"
# Where facts say when a row happened.
_INSTANTS = {
    "marts.fct_tickets": "created_at",
    "marts.fct_ticket_events": "occurred_at",
    "marts.fct_contacts": "offered_at",
    "marts.fct_survey_responses": "answered_at",
    "marts.fct_self_service_sessions": "started_at",
    "marts.fct_bot_conversations": "started_at",
    "marts.fct_bot_questions": "asked_at",
    "marts.fct_social_mentions": "posted_at",
}


@dataclass(frozen=True)
class Limits:
    """What the audit lets pass.

    Attributes:
        max_rejected_share: of a raw table's rows, from 0 to 1.
        max_shrink: of a mart's rows against the last version, from 0 to 1.
        allow_shrink: fewer rows, fewer figures and older data than the last version had are right.
        max_age_hours: of the newest row; None for any.
        is_masked: the values of personal columns must not be there in clear.
    """

    max_rejected_share: float = 0.01
    max_shrink: float = 0.1
    allow_shrink: bool = False
    max_age_hours: float | None = None
    is_masked: bool = True


@dataclass(frozen=True)
class Signal:
    """One signal of the scorecard that the last version had not."""

    kpi_key: str
    name_en: str
    name_fr: str
    period_grain: str
    period_start_date: str
    dimension: str
    member: str
    value: float | None
    signal: str


@dataclass(frozen=True)
class Comparison:
    """What is new against the last version.

    Attributes:
        changed_kpis: keys of the KPIs whose overall headline values of complete periods changed, in order.
        new_signals: signals that appeared.
        row_changes: rows of each mart, before and now, where they differ.
    """

    changed_kpis: tuple[str, ...] = ()
    new_signals: tuple[Signal, ...] = ()
    row_changes: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Last:
    """What of the last version the next one is compared with.

    Attributes:
        table_rows: of each mart.
        newest_instant: that a row of a fact speaks of; None where there is no row.
        figures: overall figures of complete periods, with ``is_headline``, as ``Database.keep`` gave them.
        figure_counts: of complete periods, by their grain.
        kpis_with_values: keys of KPIs whose headline has a value in some period.
        signals: of the scorecard, with their keys, likewise.
    """

    table_rows: Mapping[str, int]
    newest_instant: datetime | None
    figures: Any
    figure_counts: Mapping[str, int]
    kpis_with_values: frozenset[str]
    signals: Any


def audit(
    database: Database,
    last: Last | None,
    *,
    limits: Limits,
    tables: Sequence[str],
    personal: Mapping[str, Sequence[str]],
    now: datetime,
) -> list[str]:
    """The rules that a finished warehouse breaks, one line each; none if it is sound.

    Args:
        database: what is to be published, with the layers before it.
        last: what was published last; None if there is none.
        limits: what to let pass.
        tables: what dbt built to be published, as ``schema.name``.
        personal: personal columns, by raw table.
        now: what the age of the newest row is counted from.
    """
    broken = _unreadable_tables(database, tables)
    if broken:
        # No other rule can be asked.
        return broken
    broken += _reconciliation(database)
    broken += _rejected_shares(database, limits.max_rejected_share)
    broken += _age(database, limits.max_age_hours, now)
    broken += _figures_out_of_range(database)
    broken += _percentiles_out_of_order(database)
    broken += _bands_out_of_order(database)
    if limits.is_masked and database.shows_rejected_rows:
        broken += _personal_values(database, personal)
    if last is not None and not limits.allow_shrink:
        broken += _shrunk_tables(database, last, limits.max_shrink)
        broken += _older_than_last(database, last)
        broken += _lost_figures(database, last, limits.max_shrink)
        broken += _silent_kpis(database, last)
    return broken


def _unreadable_tables(database: Database, tables: Sequence[str]) -> list[str]:
    """What should be there and is not, and views that need more than the published file."""
    there = {name for name, _ in database.published_tables()}
    broken = [f"{table} is missing" for table in sorted(set(tables) - there)]
    broken += [f"{table} is of no model that is published" for table in sorted(there - set(tables))]
    return broken + [
        f"{view} is a view of what is not published" for view in database.views_of_private_tables()
    ]


def _reconciliation(database: Database) -> list[str]:
    rows = database.rows(
        """
        with

        judged as (

            select
                raw_table,
                rows_read,
                rows_accepted + rows_rejected + rows_duplicate + rows_superseded + rows_not_yet as rows_judged
            from quality.row_reconciliation

        )

        select * from judged
        where rows_judged is distinct from rows_read
        order by raw_table
        """,
    )
    return [f"{table}: {read:,} rows read, {judged or 0:,} accounted for" for table, read, judged in rows]


def _rejected_shares(database: Database, share: float) -> list[str]:
    rows = database.rows(
        f"""
        select raw_table, rows_rejected, rows_read
        from quality.row_reconciliation
        where rows_rejected > {SMALL_COUNT} and rows_rejected > {share} * rows_read
        order by raw_table
        """
    )
    return [
        f"{table}: {rejected:,} of {read:,} rows rejected, more than max_rejected_share ({share:g})"
        for table, rejected, read in rows
    ]


def _newest_instant(database: Database) -> datetime | None:
    """The newest instant that a row of a fact speaks of; None where there is no row."""
    there = {name for name, _ in database.published_tables()}
    found = [
        instant
        for table, column in _INSTANTS.items()
        if table in there
        for (instant,) in database.rows(f"select max({column}) from {table}")
        if instant is not None
    ]
    return max(found, default=None)


def _age(database: Database, hours: float | None, now: datetime) -> list[str]:
    if hours is None:
        return []
    newest = _newest_instant(database)
    if newest is None:
        return ["there is no row, and so none newer than --max-age"]
    age = (now - newest.replace(tzinfo=timezone.utc)).total_seconds() / 3600
    return [
        f"the newest row is of {newest:%Y-%m-%d %H:%M} UTC, {age:,.0f} h ago: --max-age is {hours:g} h"
    ] * (age > hours)


def _older_than_last(database: Database, last: Last) -> list[str]:
    newest = _newest_instant(database)
    if last.newest_instant is None or (newest is not None and newest >= last.newest_instant):
        return []
    found = f"of {newest:%Y-%m-%d %H:%M:%S} UTC" if newest else "missing"
    before = f"{last.newest_instant:%Y-%m-%d %H:%M:%S} UTC"
    return [f"the newest row is {found}, older than the last version's of {before}"]


def _table_rows(database: Database) -> dict[str, int]:
    names = sorted(name for name, _ in database.published_tables() if name.startswith("marts."))
    return {
        name.removeprefix("marts."): database.rows(f"select count(*) from {name}")[0][0] for name in names
    }


def _shrunk_tables(database: Database, last: Last, share: float) -> list[str]:
    now = _table_rows(database)
    return [
        f"marts.{name}: {now[name]:,} rows, the last version had {count:,} (allowed: {share:.0%} less)"
        for name, count in last.table_rows.items()
        if name in now
        and now[name] < (1 - share) * count
        and (count - now[name] > SMALL_COUNT or not now[name])
    ]


def _figures_out_of_range(database: Database) -> list[str]:
    rows = database.rows(
        f"""
        select kpi_key, count(*), min(value), max(value)
        from kpis.kpi_values
        where
            (unit = 'percent' and value not between 0 and 100)
            or (
                kpi_key in ('nps', 'net_sentiment', 'social_net_sentiment')
                and value not between -100 and 100
            )
            or abs(value) > {_LARGEST}
        group by kpi_key
        order by kpi_key
        """,
    )
    return [
        f"{kpi}: {count:,} figures out of range (from {low:g} to {high:g})" for kpi, count, low, high in rows
    ]


def _percentiles_out_of_order(database: Database) -> list[str]:
    rows = database.rows(
        """
        with

        medians as (

            select *, replace(kpi_variant, 'median', 'p90') as kpi_variant_p90
            from kpis.kpi_values
            where kpi_variant like '%median'

        )

        select medians.kpi_key, medians.kpi_variant, count(*)
        from medians
        inner join kpis.kpi_values as percentiles
            on medians.kpi_key = percentiles.kpi_key
            and medians.kpi_variant_p90 = percentiles.kpi_variant
            and medians.period_grain = percentiles.period_grain
            and medians.period_start_date = percentiles.period_start_date
            and medians.dimension = percentiles.dimension
            and medians.member = percentiles.member
        where percentiles.kpi_variant like '%p90' and medians.value > percentiles.value
        group by medians.kpi_key, medians.kpi_variant
        order by medians.kpi_key, medians.kpi_variant
        """,
    )
    return [f"{kpi}: {count:,} medians ({variant}) above their p90" for kpi, variant, count in rows]


def _bands_out_of_order(database: Database) -> list[str]:
    (count,) = database.rows(
        f"""
        with

        band_values as (

            select
                kpi_values.numerator,
                lag(kpi_values.numerator) over (
                    partition by period_grain, period_start_date, dimension, member
                    order by bands.upper_minutes, bands.band_key
                ) as numerator_of_shorter_band
            from kpis.kpi_values
            inner join {database.schema_of_policies}.stg_response_time_bands as bands
                on kpi_values.kpi_variant = bands.band_key
            where kpi_values.kpi_key = 'response_time_bands'

        )

        select count(*) from band_values where numerator < numerator_of_shorter_band
        """,
    )[0]
    return [f"response_time_bands: {count:,} bands with fewer tickets than a shorter one"] * bool(count)


def _personal_values(database: Database, personal: Mapping[str, Sequence[str]]) -> list[str]:
    """Values of personal columns in the rejected rows that are not hashed."""
    broken = []
    tables = {table for (table,) in database.rows("select distinct raw_table from quality.rejected_rows")}
    for table in sorted(tables):
        for column in (*personal.get(table, ()), "unreadable_line"):
            (count,) = database.rows(
                f"""
                select count(*) from quality.rejected_rows
                where
                    raw_table = '{table}'
                    and not regexp_full_match(
                        json_extract_string(raw_values, '$.{column}'), '[0-9a-f]{{32}}'
                    )
                """
            )[0]
            if count:
                broken.append(f"quality.rejected_rows: {count:,} values of {column} of {table} in clear")
    return broken


def _lost_figures(database: Database, last: Last, share: float) -> list[str]:
    """Figures of complete periods that the last version had.

    Overall, by month and longer, each must still be there. By day, week and member some may go, because a
    count that falls to 0 has no row.
    """
    database.recall("last_figures", last.figures)
    lost = database.rows(
        f"""
        select kpi_key, count(*), min(period_start_date)
        from last_figures
        left join (select {_FIGURE_KEY}, true as is_there from kpis.kpi_values) as now using ({_FIGURE_KEY})
        where period_grain in ('month', 'quarter', 'year') and is_there is null
        group by kpi_key
        order by kpi_key
        """,
    )
    broken = [
        f"{kpi}: {count:,} overall figures of past months, quarters or years are gone, the first of {first}"
        for kpi, count, first in lost
    ]
    now = dict(database.rows(_FIGURE_COUNTS))
    return broken + [
        f"kpis.kpi_values: {now.get(grain, 0):,} figures of complete periods by {grain}, "
        f"the last version had {count:,}"
        for grain, count in sorted(last.figure_counts.items())
        if now.get(grain, 0) < (1 - share) * count and count - now.get(grain, 0) > SMALL_COUNT
    ]


def _silent_kpis(database: Database, last: Last) -> list[str]:
    now = {kpi for (kpi,) in database.rows(_KPIS_WITH_VALUES)}
    known = {kpi for (kpi,) in database.rows("select kpi_key from kpis.kpi_catalog")}
    silent = sorted((last.kpis_with_values & known) - now)
    return [f"without any value, and the last version had some: {named(silent)}"] if silent else []


def named(names: Iterator[str] | Sequence[str]) -> str:
    """A list of names in a line; of a long one its beginning and its length."""
    every = list(names)
    rest = f" and {len(every) - _MAX_NAMED} more" if len(every) > _MAX_NAMED else ""
    return ", ".join(every[:_MAX_NAMED]) + rest


def count_rows(database: Database) -> tuple[int, int]:
    """Raw rows read and raw rows rejected, of all tables."""
    return database.rows(
        """
        select
            cast(coalesce(sum(rows_read), 0) as bigint),
            cast(coalesce(sum(rows_rejected), 0) as bigint)
        from quality.row_reconciliation
        """
    )[0]


def read_last(database: Database) -> Last:
    """What a published version says of itself, to compare the next one with.

    Read before the next one is opened: what is a view in a DuckDB file names the database that it is, so that
    two versions cannot be asked in one query.

    Raises:
        database.error: it has not the tables and columns of today, so that nothing can be compared.
    """
    return Last(
        table_rows=_table_rows(database),
        newest_instant=_newest_instant(database),
        figures=database.keep("last_figures", _LAST_FIGURES),
        figure_counts=dict(database.rows(_FIGURE_COUNTS)),
        kpis_with_values=frozenset(kpi for (kpi,) in database.rows(_KPIS_WITH_VALUES)),
        signals=database.keep("last_signals", f"select {_SIGNAL_KEY} from kpis.kpi_scorecard"),
    )


def last_of_file(file: Path) -> Last | None:
    """The same of a published DuckDB file; None if nothing in it can be compared with."""
    try:
        with duckdb_files(file) as database:
            return read_last(database)
    except (duckdb.CatalogException, duckdb.BinderException):
        return None


def compare(database: Database, last: Last | None) -> Comparison:
    """What is new against the last version; nothing of a first one."""
    if last is None:
        return Comparison()
    now, before = _table_rows(database), last.table_rows
    database.recall("last_figures", last.figures)
    database.recall("last_signals", last.signals)
    return Comparison(
        changed_kpis=tuple(kpi for (kpi,) in database.rows(_CHANGED_KPIS)),
        new_signals=tuple(
            Signal(*(str(cell) if isinstance(cell, date) else cell for cell in row))
            for row in database.rows(_NEW_SIGNALS)
        ),
        row_changes={
            name: (before.get(name, 0), now.get(name, 0))
            for name in sorted(now.keys() | before.keys())
            if before.get(name) != now.get(name)
        },
    )


_FIGURE_COUNTS = """
    select period_grain, count(*)
    from kpis.kpi_values
    where is_complete_period
    group by period_grain
"""

_KPIS_WITH_VALUES = """
    select distinct kpi_values.kpi_key
    from kpis.kpi_values
    inner join kpis.kpi_catalog
        on kpi_values.kpi_key = kpi_catalog.kpi_key
        and kpi_values.kpi_variant = kpi_catalog.headline_variant
    where kpi_values.dimension = 'overall' and kpi_values.value is not null
"""

_LAST_FIGURES = f"""
    select
        {_FIGURE_KEY},
        value,
        kpi_variant = headline_variant as is_headline
    from kpis.kpi_values
    inner join kpis.kpi_catalog using (kpi_key)
    where kpi_values.dimension = 'overall' and kpi_values.is_complete_period
"""

_CHANGED_KPIS = f"""
    with

    figures as (

        select * from kpis.kpi_values
        where dimension = 'overall'

    )

    select distinct kpi_key
    from last_figures
    left join figures using ({_FIGURE_KEY})
    where
        last_figures.is_headline
        and figures.value is distinct from last_figures.value
        and coalesce(abs(figures.value - last_figures.value) > {_SAME_TO}, true)
    order by kpi_key
"""

_NEW_SIGNALS = f"""
    with

    signals as (

        select * from kpis.kpi_scorecard
        where signal <> 'routine'

    ),

    new_signals as (

        select * from signals
        left join (select {_SIGNAL_KEY}, true as is_known from last_signals) as known using ({_SIGNAL_KEY})
        where is_known is null

    )

    select
        new_signals.kpi_key,
        kpi_catalog.name_en,
        kpi_catalog.name_fr,
        new_signals.period_grain,
        new_signals.period_start_date,
        new_signals.dimension,
        new_signals.member,
        new_signals.value,
        new_signals.signal
    from new_signals
    inner join kpis.kpi_catalog
        on new_signals.kpi_key = kpi_catalog.kpi_key
    order by
        new_signals.dimension <> 'overall',
        new_signals.kpi_key,
        new_signals.period_grain,
        new_signals.dimension,
        new_signals.member
"""
