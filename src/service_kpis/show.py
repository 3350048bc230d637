"""The scorecard in the terminal: the last complete period of every KPI, the one before it, and the change.

Reads the schema ``kpis`` alone (``kpi_values`` and ``kpi_catalog``) and computes no KPI.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Group
from rich.table import Table
from rich.text import Text

from service_kpis.errors import UserError
from service_kpis.figures import (
    NO_FIGURE,
    Language,
    format_change,
    format_count,
    format_period,
    format_value,
    previous_period,
)

GRAINS = ("day", "week", "month", "quarter", "year")
SMALL_SAMPLE_MARK = "*"

_FAMILIES = {
    "speed": {"en": "Speed", "fr": "Rapidité"},
    "quality": {"en": "Quality", "fr": "Qualité"},
    "loyalty": {"en": "Loyalty", "fr": "Fidélité"},
    "volume": {"en": "Volume", "fr": "Volume"},
    "efficiency": {"en": "Efficiency", "fr": "Efficacité"},
    "cost": {"en": "Cost", "fr": "Coûts"},
    "self_service_ai": {"en": "Self-service and AI", "fr": "Libre-service et IA"},
    "voice": {"en": "Voice", "fr": "Téléphone"},
}

# Variants in words. The keys of bands are the company's own; of this form, they speak for themselves.
_BAND_OF_HOURS = re.compile(r"within_(\d+)_hours?")
_VARIANTS = {
    "business_mean": {"en": "business hours", "fr": "heures ouvrées"},
    "business_median": {"en": "median, business hours", "fr": "médiane, heures ouvrées"},
    "business_p90": {"en": "90th percentile, business hours", "fr": "90e centile, heures ouvrées"},
    "calendar_mean": {"en": "calendar hours", "fr": "temps écoulé"},
    "calendar_median": {"en": "median, calendar hours", "fr": "médiane, temps écoulé"},
    "calendar_p90": {"en": "90th percentile, calendar hours", "fr": "90e centile, temps écoulé"},
    "relationship": {"en": "relationship survey", "fr": "enquête relationnelle"},
    "transactional": {"en": "transactional survey", "fr": "enquête transactionnelle"},
    "mean": {"en": "", "fr": ""},
    "standard": {"en": "", "fr": ""},
    "all": {"en": "", "fr": ""},
}

_WORDS = {
    "kpi": {"en": "KPI", "fr": "Indicateur"},
    "change": {"en": "Change", "fr": "Évolution"},
    "sample": {"en": "Sample", "fr": "Effectif"},
    "better": {"en": "better", "fr": "mieux"},
    "worse": {"en": "worse", "fr": "moins bien"},
    "title": {
        "en": "Service KPIs: {period}, compared with {previous}",
        "fr": "Indicateurs de service : {period}, comparé à {previous}",
    },
    "small": {
        "en": "{mark} small sample: read with care",
        "fr": "{mark} petit effectif : à lire avec prudence",
    },
    "none": {"en": "{mark} nothing to measure", "fr": "{mark} rien à mesurer"},
    "absent": {
        "en": "No figure by {grain}: {names}",
        "fr": "Pas de chiffre {grain} : {names}",
    },
}

_GRAINS_IN_FRENCH = {
    "day": "par jour",
    "week": "par semaine",
    "month": "par mois",
    "quarter": "par trimestre",
    "year": "par an",
}


@dataclass(frozen=True)
class Line:
    """One KPI of the scorecard.

    Attributes:
        kpi_key: its key in the catalogue.
        name: in the language that was asked for.
        abbreviation: in that language; may be empty.
        family: key of its family.
        variant: its headline variant.
        unit: of ``value``; for money, the code of the currency.
        good_direction: ``up``, ``down`` or ``neutral``.
        has_rows: there is a row of it at this grain, in whatever period.
        value: in the period shown; None if there was nothing to measure.
        previous: in the period before.
        sample_count: rows behind ``value``.
        is_small_sample: ``value`` rests on fewer rows than the company trusts.
        is_previous_small_sample: the same of ``previous``.
    """

    kpi_key: str
    name: str
    abbreviation: str
    family: str
    variant: str
    unit: str
    good_direction: str
    has_rows: bool
    value: float | None
    previous: float | None
    sample_count: int | None
    is_small_sample: bool
    is_previous_small_sample: bool


@dataclass(frozen=True)
class Scorecard:
    """All KPIs at one grain, in the catalogue's order.

    Attributes:
        grain: ``day`` to ``year``.
        period: first day of the last complete period.
        language: of the names.
        lines: one per KPI of the catalogue.
    """

    grain: str
    period: date
    language: Language
    lines: tuple[Line, ...]


_LAST_COMPLETE_PERIOD = """
    select max(period_start_date)
    from kpis.kpi_values
    where period_grain = $grain and dimension = 'overall' and is_complete_period
"""

_LINES = """
    with

    headline_values as (

        select
            kpi_values.kpi_key,
            kpi_values.period_start_date,
            kpi_values.unit,
            cast(kpi_values.value as double) as value,
            kpi_values.sample_count,
            coalesce(kpi_values.is_small_sample, false) as is_small_sample
        from kpis.kpi_values
        inner join kpis.kpi_catalog
            on kpi_values.kpi_key = kpi_catalog.kpi_key
            and kpi_values.kpi_variant = kpi_catalog.headline_variant
        where
            kpi_values.period_grain = $grain
            and kpi_values.dimension = 'overall'
            and kpi_values.member = 'all'

    ),

    units as (

        select kpi_key, max(unit) as unit
        from headline_values
        group by kpi_key

    )

    select
        kpi_catalog.kpi_key,
        kpi_catalog.name_{language},
        coalesce(kpi_catalog.abbreviation_{language}, ''),
        kpi_catalog.family,
        kpi_catalog.headline_variant,
        coalesce(units.unit, kpi_catalog.unit),
        kpi_catalog.good_direction,
        units.kpi_key is not null,
        shown.value,
        previous.value,
        cast(shown.sample_count as bigint),
        coalesce(shown.is_small_sample, false),
        coalesce(previous.is_small_sample, false)
    from kpis.kpi_catalog
    left join units
        on kpi_catalog.kpi_key = units.kpi_key
    left join headline_values as shown
        on kpi_catalog.kpi_key = shown.kpi_key
        and shown.period_start_date = $period
    left join headline_values as previous
        on kpi_catalog.kpi_key = previous.kpi_key
        and previous.period_start_date = $previous
    order by kpi_catalog.rowid
"""


def read_scorecard(database: Path, *, grain: str = "month", language: Language = "en") -> Scorecard:
    """Reads the last complete period of every KPI, overall and in its headline variant.

    Args:
        database: a DuckDB file that this project built; opened read-only.
        grain: one of ``GRAINS``.
        language: of the KPIs' names.

    Raises:
        UserError: the file is missing, no DuckDB file, being written, without the tables or without figures.
    """
    if not database.is_file():
        raise UserError(
            f"no database at {database}: build it with `dbt build` (or `make build`), "
            "or name another one with --database."
        )
    with _open(database) as connection:
        try:
            (period,) = connection.execute(_LAST_COMPLETE_PERIOD, {"grain": grain}).fetchone() or (None,)
            if period is None:
                others = ", ".join(other for other in GRAINS if other != grain)
                raise UserError(
                    f"{database} has no figures of a complete {grain}: try another --period ({others})."
                )
            query = _LINES.replace("{language}", language)
            parameters = {"grain": grain, "period": period, "previous": previous_period(period, grain)}
            rows = connection.execute(query, parameters).fetchall()
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            wanted = str(error).splitlines()[0]
            raise UserError(
                f"{database} lacks what the scorecard reads ({wanted}): bring it up to date with `dbt build`."
            ) from error
    return Scorecard(grain, period, language, tuple(Line(*row) for row in rows))


def _open(database: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(database), read_only=True)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise UserError(
                f"{database} is being written by another process: try again when it has ended."
            ) from error
        raise UserError(
            f"{database} cannot be read as a DuckDB file: name another one with --database."
        ) from error


def render(scorecard: Scorecard) -> Group:
    """The scorecard as something that a rich console prints: one table by family, then the legend.

    Whether a change is good or bad is said by a word; colour only repeats it.
    """
    language, grain = scorecard.language, scorecard.grain
    period = format_period(scorecard.period, grain, language)
    previous = format_period(previous_period(scorecard.period, grain), grain, language)
    present = [line for line in scorecard.lines if line.has_rows]
    absent = [line for line in scorecard.lines if not line.has_rows]

    table = Table(
        title=_WORDS["title"][language].format(period=period, previous=previous),
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    table.add_column(_WORDS["kpi"][language])
    table.add_column(period, justify="right", no_wrap=True)
    table.add_column(previous, justify="right", no_wrap=True)
    table.add_column(_WORDS["change"][language], justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column(_WORDS["sample"][language], justify="right", no_wrap=True)
    for family, lines in _by_family(present):
        table.add_section()
        table.add_row()
        table.add_row(Text(_FAMILIES.get(family, {}).get(language, family), style="bold"))
        for line in lines:
            table.add_row(*_cells(line, language))

    return Group(table, *_legend(present, absent, grain, language))


def _by_family(lines: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    families: dict[str, list[Line]] = {family: [] for family in _FAMILIES}
    for line in lines:
        families.setdefault(line.family, []).append(line)
    return [(family, members) for family, members in families.items() if members]


def _cells(line: Line, language: Language) -> list[Text]:
    days = not line.variant.startswith("business")
    change = format_change(line.value, line.previous, line.unit, language)
    arrow = {1: "▲ ", -1: "▼ "}.get(change.sign or 0, "")
    word, style = _verdict(line, change.sign, language)

    name = Text("  " + line.name)
    detail = ", ".join(part for part in (line.abbreviation, _variant(line.variant, language)) if part)
    if detail:
        name.append(f" ({detail})", style="dim")
    value = format_value(line.value, line.unit, language, days=days, beside=line.previous)
    previous = format_value(line.previous, line.unit, language, days=days, beside=line.value)
    return [
        name,
        Text(_marked(value, line.is_small_sample), style="bold"),
        Text(_marked(previous, line.is_previous_small_sample)),
        Text(arrow + change.text, style=style),
        Text(word, style=style),
        Text(format_count(line.sample_count, language), style="dim"),
    ]


def _marked(text: str, is_small_sample: bool) -> str:
    # The space keeps digits under digits where a figure carries no mark.
    return text + (SMALL_SAMPLE_MARK if is_small_sample and text != NO_FIGURE else " ")


def _variant(variant: str, language: Language) -> str:
    if variant in _VARIANTS:
        return _VARIANTS[variant][language]
    hours = _BAND_OF_HOURS.fullmatch(variant)
    if hours and language == "fr":
        return f"en {hours[1]} h au plus"
    return variant.replace("_", " ")


def _verdict(line: Line, sign: int | None, language: Language) -> tuple[str, str]:
    wanted = {"up": 1, "down": -1}.get(line.good_direction)
    if not sign or wanted is None:
        return "", ""
    return (_WORDS["better"][language], "green") if sign == wanted else (_WORDS["worse"][language], "red")


def _legend(present: list[Line], absent: list[Line], grain: str, language: Language) -> list[Text]:
    notes = []
    if any(line.is_small_sample or line.is_previous_small_sample for line in present):
        notes.append(_WORDS["small"][language].format(mark=SMALL_SAMPLE_MARK))
    if any(line.value is None or line.previous is None for line in present):
        notes.append(_WORDS["none"][language].format(mark=NO_FIGURE))
    legend = [Text("\n" + "   ".join(notes), style="dim")] if notes else []
    if absent:
        names = ", ".join(line.name for line in absent)
        spoken = _GRAINS_IN_FRENCH[grain] if language == "fr" else grain
        legend.append(Text("\n" + _WORDS["absent"][language].format(grain=spoken, names=names), style="dim"))
    return legend
