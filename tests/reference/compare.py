"""Compares two long tables, allowing what the specification allows: a missing member row means null (counts:
0)."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from typing import Any

from .sheet import Key, Row

NUMBERS = ("numerator", "denominator", "value", "lower_bound", "upper_bound")
COUNTS = ("sample_count", "immature_count")
OTHERS = ("is_small_sample", "is_complete_period", "unit")
PER_DAY = ("tickets_handled_per_day", "tickets_resolved_per_business_day")


def _same(one: Any, other: Any, tolerance: float) -> bool:
    if one is None or other is None:
        return one is None and other is None
    return isclose(float(one), float(other), rel_tol=tolerance, abs_tol=tolerance)


def _may_be_missing(key: Key, row: Any) -> bool:
    """Whether a row may be absent: not of `overall`, and it says nothing (null, or 0 where a missing row
    means 0)."""
    if key[4] == "overall":
        return False
    value = row.value
    return value is None or (float(value) == 0 and (row.unit == "count" or key[0] in PER_DAY))


def differences(expected: Mapping[Key, Row], actual: Mapping[Key, Any], tolerance: float = 1e-6) -> list[str]:
    """What differs, one line each, sorted by key; [] when the tables agree.

    actual: rows with the attributes of `Row` (any numeric types). A KPI that `actual` does not know at all
    is reported
    once for every variant, not row by row.
    """
    lines = []
    known = {key[:2] for key in actual}
    for kpi, variant in sorted({key[:2] for key in expected} - known):
        lines.append(f"{kpi} {variant}: no rows at all")
    for key in sorted(set(expected) | set(actual)):
        if key[:2] not in known:
            continue
        name = " ".join(str(part) for part in key)
        if key not in actual:
            if not _may_be_missing(key, expected[key]):
                lines.append(f"{name}: missing, expected {expected[key]}")
            continue
        if key not in expected:
            if not _may_be_missing(key, actual[key]):
                lines.append(f"{name}: unexpected, {actual[key]}")
            continue
        for column in NUMBERS + COUNTS + OTHERS:
            want, have = getattr(expected[key], column), getattr(actual[key], column)
            is_same = _same(want, have, tolerance) if column not in OTHERS else want == have
            if not is_same:
                lines.append(f"{name}: {column} is {have}, expected {want}")
    return lines
