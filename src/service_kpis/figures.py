"""Figures as a person reads them, in English or French: values with their unit, changes, names of periods."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

Language = Literal["en", "fr"]

NO_FIGURE = "–"
MINUS = "−"
NARROW_SPACE = "\u202f"

# The changes of these are differences; those of the others (counts, durations, money) are relative.
_UNITS_CHANGED_IN_POINTS = ("percent", "points", "score")
_CURRENCY_CODE_LENGTH = 3


@dataclass(frozen=True)
class Change:
    """A change as it is shown.

    Attributes:
        text: with its sign and unit, ``=`` when nothing is left after rounding, a dash when there is none.
        sign: -1, 0, 1, or None when there is no change to speak of.
    """

    text: str
    sign: int | None


def format_value(
    value: float | None,
    unit: str,
    language: Language,
    *,
    days: bool = False,
    beside: float | None = None,
) -> str:
    """A KPI's value with its unit, such as ``3 h 12 min``, ``87.3%`` or ``1 234,50 €``.

    Args:
        value: as in ``kpi_values``; None is a dash.
        unit: as there: ``percent``, ``minutes``, ``seconds``, ``score``, ``points``, ``count`` or a currency.
        language: decides separators, units and where the sign of a currency stands.
        days: durations from two days on as days and hours; not for business minutes, whose day is shorter.
        beside: the figure that it is read against, so that both get the same decimals.
    """
    if value is None:
        return NO_FIGURE
    if unit == "minutes":
        return _duration(value * 60, language, days=days)
    if unit == "seconds":
        return _duration(value, language, days=days)
    if unit == "percent":
        return _number(value, 1, language) + _percent_sign(language)
    if _is_currency(unit):
        decimals = 0 if abs(value) >= 1000 else 2
        return format_currency(
            round(value, decimals),
            unit,
            locale=language,
            currency_digits=False,
            format=_currency_format(language, decimals),
        ).replace("-", MINUS)
    larger = value if beside is None or unit == "count" else max(abs(value), abs(beside))
    return _number(value, _decimals(larger, unit), language)


def format_change(
    change: float | None, unit: str, language: Language, *, beside: float | None = None
) -> Change:
    """A change with its sign: points for percentages, scores and points, else percent of what was before.

    Args:
        change: as in ``kpi_scorecard``; None is a dash.
        unit: of the KPI.
        language: decides separators.
        beside: the larger of the two figures compared, so that a difference has their decimals.
    """
    if change is None:
        return Change(NO_FIGURE, None)
    if unit in _UNITS_CHANGED_IN_POINTS:
        decimals = 1 if unit == "percent" else _decimals(beside or change, unit)
        return _signed(change, decimals, "" if unit == "score" else " pts", language)
    return _signed(change, 1, _percent_sign(language), language)


def format_count(count: float | None, language: Language) -> str:
    """A whole number with its thousands apart."""
    return NO_FIGURE if count is None else _number(count, 0, language)


def format_period(start: date, grain: str, language: Language) -> str:
    """The name of a period, such as ``October 2026``, ``T3 2026``, ``semaine 42 de 2026``."""
    if grain == "week":
        year, week, _ = start.isocalendar()
        return f"semaine {week} de {year}" if language == "fr" else f"week {week} of {year}"
    if grain == "quarter":
        return f"{'T' if language == 'fr' else 'Q'}{(start.month + 2) // 3} {start.year}"
    return format_date(start, "LLLL y", locale=language)


def previous_period(start: date, grain: str) -> date:
    """The first day of the period before the one that begins on ``start``."""
    if grain == "week":
        return start - timedelta(days=7)
    months = start.year * 12 + start.month - 1 - (3 if grain == "quarter" else 1)
    return date(months // 12, months % 12 + 1, 1)


def _is_currency(unit: str) -> bool:
    return len(unit) == _CURRENCY_CODE_LENGTH and unit.isupper()


def _decimals(value: float, unit: str) -> int:
    if unit == "count":
        return 0 if float(value).is_integer() else 1
    if unit == "score":
        return 2
    return 1 if abs(value) >= 10 else 2


def _number(value: float, decimals: int, language: Language) -> str:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    rounded = round(value, decimals) + 0.0  # never -0.0
    return format_decimal(rounded, format=pattern, locale=language).replace("-", MINUS)


def _signed(value: float, decimals: int, unit: str, language: Language) -> Change:
    rounded = round(value, decimals)
    if rounded == 0:
        return Change("=", 0)
    sign = 1 if rounded > 0 else -1
    return Change(("+" if sign > 0 else MINUS) + _number(abs(rounded), decimals, language) + unit, sign)


def _percent_sign(language: Language) -> str:
    return f"{NARROW_SPACE}%" if language == "fr" else "%"


def _currency_format(language: Language, decimals: int) -> str:
    number = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f"{number}\u00a0¤" if language == "fr" else f"¤{number}"


def _duration(seconds: float, language: Language, *, days: bool) -> str:
    sign = MINUS if seconds < 0 else ""
    seconds = abs(seconds)
    if round(seconds) < 60:
        return f"{sign}{_number(seconds, 0 if seconds >= 10 or seconds == 0 else 1, language)} s"
    if round(seconds) < 3600:
        minutes, rest = divmod(round(seconds), 60)
        return f"{sign}{minutes} min {rest:02d} s" if rest else f"{sign}{minutes} min"
    minutes = round(seconds / 60)
    if days and minutes >= 48 * 60:
        hours = round(minutes / 60)
        return (
            f"{sign}{format_count(hours // 24, language)} {'j' if language == 'fr' else 'd'} {hours % 24} h"
        )
    hours, rest = divmod(minutes, 60)
    return f"{sign}{format_count(hours, language)} h {rest:02d} min"
