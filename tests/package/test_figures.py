"""Figures as a person reads them: both sides of every boundary of form."""

from datetime import date

import pytest

from service_kpis.figures import format_change, format_period, format_value, previous_period


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, "percent", "–"),
        (0, "percent", "0.0%"),
        (-0.04, "percent", "0.0%"),
        (87.25, "percent", "87.2%"),
        (0, "minutes", "0 s"),
        (0.05, "minutes", "3.0 s"),
        (0.5, "minutes", "30 s"),
        (0.99, "minutes", "59 s"),
        (0.999, "minutes", "1 min"),
        (1.5, "minutes", "1 min 30 s"),
        (59.99, "minutes", "59 min 59 s"),
        (59.999, "minutes", "1 h 00 min"),
        (192, "minutes", "3 h 12 min"),
        (2879, "minutes", "47 h 59 min"),
        (2880, "minutes", "48 h 00 min"),
        (90000, "minutes", "1,500 h 00 min"),
        (381, "seconds", "6 min 21 s"),
        (1234567, "count", "1,234,567"),
        (7.246, "tickets", "7.25"),
        (12.34, "tickets", "12.3"),
        (4.345, "score", "4.34"),
        (-12.5, "points", "−12.5"),
        (-0.43, "points", "−0.43"),
        (999.994, "EUR", "€999.99"),
        (1000, "EUR", "€1,000"),
        (-1234.5, "USD", "−$1,234"),
    ],
)
def test_values_in_english(value, unit, expected):
    assert format_value(value, unit, "en") == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (87.25, "percent", "87,2\u202f%"),
        (1234567, "count", "1\u202f234\u202f567"),
        (999.994, "EUR", "999,99\u00a0€"),
        (12345.6, "EUR", "12\u202f346\u00a0€"),
        (0.05, "minutes", "3,0 s"),
    ],
)
def test_values_in_french(value, unit, expected):
    assert format_value(value, unit, "fr") == expected


def test_days_from_two_on_and_only_where_they_are_asked_for():
    assert format_value(2879, "minutes", "en", days=True) == "47 h 59 min"
    assert format_value(2880, "minutes", "en", days=True) == "2 d 0 h"
    assert format_value(2880, "minutes", "fr", days=True) == "2 j 0 h"


@pytest.mark.parametrize(
    ("change", "unit", "beside", "text", "sign"),
    [
        (2.5, "percent", 70.0, "+2.5 pts", 1),
        (-2.5, "percent", 70.0, "−2.5 pts", -1),
        (0.04, "percent", 70.0, "=", 0),
        (0.25, "score", 4.35, "+0.25", 1),
        (-20.0, "points", 10.0, "−20.0 pts", -1),
        (-1.25, "points", 9.9, "−1.25 pts", -1),
        (3.0, "points", None, "+3.00 pts", 1),
        (10.0, "count", 110.0, "+10.0%", 1),
        (-100.0, "count", 100.0, "−100.0%", -1),
        (150.0, "EUR", 100.0, "+150.0%", 1),
        (0.0, "percent", 0.0, "=", 0),
        (None, "percent", 70.0, "–", None),
        (None, "count", 110.0, "–", None),
    ],
)
def test_changes(change, unit, beside, text, sign):
    shown = format_change(change, unit, "en", beside=beside)
    assert (shown.text, shown.sign) == (text, sign)


def test_periods_have_the_names_that_people_use():
    assert format_period(date(2026, 10, 1), "month", "en") == "October 2026"
    assert format_period(date(2026, 10, 1), "month", "fr") == "octobre 2026"
    assert format_period(date(2026, 10, 1), "quarter", "en") == "Q4 2026"
    assert format_period(date(2026, 10, 1), "quarter", "fr") == "T4 2026"
    # The first of January 2027 is a Friday: its week is the last of 2026.
    assert format_period(date(2026, 12, 28), "week", "en") == "week 53 of 2026"


def test_the_period_before():
    assert previous_period(date(2026, 1, 1), "month") == date(2025, 12, 1)
    assert previous_period(date(2026, 1, 1), "quarter") == date(2025, 10, 1)
    assert previous_period(date(2026, 3, 2), "week") == date(2026, 2, 23)
