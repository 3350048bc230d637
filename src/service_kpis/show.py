"""The scorecard in the terminal: each KPI's last complete period, the one before, change, target and signal.

Reads the schema ``kpis`` alone and computes nothing: the figures are those of ``kpi_scorecard``, the counts
of the rows behind them those of ``kpi_values``, the names those of ``kpi_catalog``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Group, RenderableType
from rich.padding import Padding
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
from service_kpis.finished import opened

GRAINS = ("week", "month", "quarter")
SMALL_SAMPLE_MARK = "*"
PENDING = "…"
_WIDEST_HEADER = 12

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

# Mark, style and words of a target's attainment.
_ATTAINMENTS = {
    "met": ("✓", "green", {"en": "met", "fr": "atteinte"}),
    "near": ("~", "yellow", {"en": "near", "fr": "proche"}),
    "missed": ("✗", "red", {"en": "missed", "fr": "manquée"}),
}

# Short enough to stand under a change; the legend says the rest.
_SIGNALS = {
    "out_of_limits": {
        "en": ("out of limits", "beyond its usual range"),
        "fr": ("hors limites", "hors de sa plage habituelle"),
    },
    "run_of_8": {
        "en": ("run of 8", "8 periods in a row on one side of its usual level"),
        "fr": ("série de 8", "8 périodes de suite du même côté de son niveau habituel"),
    },
    "trend_of_6": {
        "en": ("trend of 6", "6 periods in a row in one direction"),
        "fr": ("tendance de 6", "6 périodes de suite dans le même sens"),
    },
}

_WORDS = {
    "kpi": {"en": "KPI", "fr": "Indicateur"},
    "change": {"en": "Change", "fr": "Évolution"},
    "target": {"en": "Target", "fr": "Cible"},
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
    "pending": {
        "en": "{mark} pending: the time to wait is not over",
        "fr": "{mark} en attente : le délai d'observation court encore",
    },
    "targets": {"en": "Target: {marks}", "fr": "Cible : {marks}"},
    "signal": {"en": "{signal}: {meaning}", "fr": "{signal} : {meaning}"},
    "noise": {
        "en": "A change without such words may be noise.",
        "fr": "Une évolution sans ces mots peut n'être que du bruit.",
    },
    "absent": {
        "en": "No figure by {grain}: {names}",
        "fr": "Pas de chiffre {grain} : {names}",
    },
}

_GRAINS_IN_FRENCH = {
    "week": "par semaine",
    "month": "par mois",
    "quarter": "par trimestre",
}


@dataclass(frozen=True)
class Line:
    """One KPI of the scorecard.

    Attributes:
        kpi_key: its key in the catalogue.
        name: in the language that was asked for.
        abbreviation: in that language; may be empty.
        family: key of its family.
        variant: its headline variant, as the scorecard has it.
        unit: of ``value``; for money, the code of the currency.
        good_direction: ``up``, ``down`` or ``neutral``.
        has_rows: the scorecard has it at this grain.
        value: in the period shown; None if there was nothing to measure, or not yet.
        previous: in the period before.
        change: from ``previous``: points for percentages, scores and points, else percent.
        target: in force, in the KPI's unit; None without one.
        attainment: ``met``, ``near``, ``missed`` or None.
        signal: ``out_of_limits``, ``run_of_8``, ``trend_of_6``, ``routine``; None if history is short.
        sample_count: rows behind ``value``.
        is_small_sample: ``value`` rests on fewer rows than the company trusts.
        is_previous_small_sample: the same of ``previous``.
        is_pending: ``value`` is missing only because its rows wait for the end of their window.
        is_previous_pending: the same of ``previous``.
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
    change: float | None
    target: float | None
    attainment: str | None
    signal: str | None
    sample_count: int | None
    is_small_sample: bool
    is_previous_small_sample: bool
    is_pending: bool
    is_previous_pending: bool


@dataclass(frozen=True)
class Scorecard:
    """All KPIs at one grain, in the catalogue's order.

    Attributes:
        grain: ``week``, ``month`` or ``quarter``.
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
    from kpis.kpi_scorecard
    where period_grain = $grain and dimension = 'overall'
"""

# A count that fell to 0 has no row in kpi_values: there its unit is that of its other periods, its sample 0.
_LINES = """
    with

    scorecard as (

        select * from kpis.kpi_scorecard
        where
            period_grain = $grain
            and dimension = 'overall'
            and member = 'all'
            and period_start_date = $period

    ),

    headline_values as (

        select kpi_values.*
        from kpis.kpi_values
        inner join scorecard
            on kpi_values.kpi_key = scorecard.kpi_key
            and kpi_values.kpi_variant = scorecard.kpi_variant
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
        coalesce(scorecard.kpi_variant, kpi_catalog.headline_variant),
        coalesce(units.unit, kpi_catalog.unit),
        kpi_catalog.good_direction,
        scorecard.kpi_key is not null,
        cast(scorecard.value as double),
        cast(scorecard.previous_value as double),
        cast(scorecard.change as double),
        cast(scorecard.target as double),
        scorecard.attainment,
        scorecard.signal,
        case when shown.kpi_key is null then 0 else cast(shown.sample_count as bigint) end,
        coalesce(scorecard.is_small_sample, false),
        coalesce(previous.is_small_sample, false),
        scorecard.value is null and coalesce(shown.immature_count, 0) > 0,
        scorecard.previous_value is null and coalesce(previous.immature_count, 0) > 0
    from kpis.kpi_catalog
    left join scorecard
        on kpi_catalog.kpi_key = scorecard.kpi_key
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
    with opened(database) as connection:
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


def render(scorecard: Scorecard) -> Group:
    """The scorecard as something that a rich console prints: one table by family, then the legend.

    Whether a change is good or bad is said by a word; colour only repeats it.
    """
    language, grain = scorecard.language, scorecard.grain
    period = format_period(scorecard.period, grain, language)
    previous = format_period(previous_period(scorecard.period, grain), grain, language)
    present = [line for line in scorecard.lines if line.has_rows]
    absent = [line for line in scorecard.lines if not line.has_rows]

    # Figures end in a mark or a space, so that one more column apart is enough.
    table = Table(
        title=_WORDS["title"][language].format(period=period, previous=previous),
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column(_WORDS["kpi"][language])
    table.add_column(_header(period), justify="right", no_wrap=True)
    table.add_column(_header(previous), justify="right", no_wrap=True)
    table.add_column(_WORDS["change"][language], justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column(_header(_WORDS["target"][language]), justify="right", no_wrap=True)
    table.add_column(_WORDS["sample"][language], justify="right", no_wrap=True)
    for family, lines in _by_family(present):
        table.add_section()
        table.add_row()
        table.add_row(Text(_FAMILIES.get(family, {}).get(language, family), style="bold"))
        for line in lines:
            table.add_row(*_cells(line, language))

    return Group(table, *_legend(present, absent, grain, language))


def _header(text: str) -> str:
    # The space puts it over the figures, not over their marks; a long one would cost the names their room.
    words = text.split(" ")
    half = len(words) // 2
    if len(text) <= _WIDEST_HEADER or not half:
        return text + " "
    return f"{' '.join(words[:half])} \n{' '.join(words[half:])} "


def _by_family(lines: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    families: dict[str, list[Line]] = {family: [] for family in _FAMILIES}
    for line in lines:
        families.setdefault(line.family, []).append(line)
    return [(family, members) for family, members in families.items() if members]


def _cells(line: Line, language: Language) -> list[RenderableType]:
    days = not line.variant.startswith("business")
    larger = max(abs(line.value or 0), abs(line.previous or 0))
    change = format_change(line.change, line.unit, language, beside=larger)
    arrow = {1: "▲ ", -1: "▼ "}.get(change.sign or 0, "")
    word, style = _verdict(line, change.sign, language)

    name = Text(line.name)
    detail = ", ".join(part for part in (line.abbreviation, _variant(line.variant, language)) if part)
    if detail:
        name.append(f" ({detail})", style="dim")
    value = format_value(line.value, line.unit, language, days=days, beside=line.previous)
    previous = format_value(line.previous, line.unit, language, days=days, beside=line.value)
    changed = Text(arrow + change.text, style=style)
    if line.signal in _SIGNALS:
        changed.append(f"\n{_SIGNALS[line.signal][language][0]}", style="bold yellow")
    return [
        Padding(name, (0, 0, 0, 2)),
        Text(PENDING + " " if line.is_pending else _marked(value, line.is_small_sample), style="bold"),
        Text(PENDING + " " if line.is_previous_pending else _marked(previous, line.is_previous_small_sample)),
        changed,
        Text(word, style=style),
        _target(line, language, days=days),
        Text(format_count(line.sample_count, language), style="dim"),
    ]


def _target(line: Line, language: Language, *, days: bool) -> Text:
    if line.target is None:
        return Text("")
    mark, style, _ = _ATTAINMENTS.get(line.attainment or "", (" ", "", {}))
    target = format_value(line.target, line.unit, language, days=days, beside=line.value)
    return Text(f"{target} ").append(mark, style=style)


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
    words = {key: word[language] for key, word in _WORDS.items()}
    notes = []
    if any(line.is_small_sample or line.is_previous_small_sample for line in present):
        notes.append(words["small"].format(mark=SMALL_SAMPLE_MARK))
    if any(
        (line.value is None and not line.is_pending)
        or (line.previous is None and not line.is_previous_pending)
        for line in present
    ):
        notes.append(words["none"].format(mark=NO_FIGURE))
    if any(line.is_pending or line.is_previous_pending for line in present):
        notes.append(words["pending"].format(mark=PENDING))
    rows = ["   ".join(notes)] if notes else []
    if any(line.attainment for line in present):
        marks = "  ".join(f"{mark} {meaning[language]}" for mark, _, meaning in _ATTAINMENTS.values())
        rows.append(words["targets"].format(marks=marks))
    seen = {line.signal for line in present}
    for key, signal in _SIGNALS.items():
        if key in seen:
            rows.append(words["signal"].format(signal=signal[language][0], meaning=signal[language][1]))
    if any(seen):
        rows.append(words["noise"])
    legend = [Text("\n" + "\n".join(rows), style="dim")] if rows else []
    if absent:
        names = ", ".join(line.name for line in absent)
        spoken = _GRAINS_IN_FRENCH[grain] if language == "fr" else grain
        legend.append(Text("\n" + _WORDS["absent"][language].format(grain=spoken, names=names), style="dim"))
    return legend
