"""Columns of the raw tables: whole numbers in numpy arrays, and the SQL that turns them into fields.

DuckDB does the formatting, on all cores. NULL is the empty field in every column of whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from service_kpis.sql import literal

from .draws import IntArray

NULL = -(2**62)

Arrays = tuple[NDArray[Any], ...]


class Column(Protocol):
    """What a column is made of: `arrays` of one value a row, and an expression over them."""

    @property
    def arrays(self) -> Arrays:
        """The values, of shape (rows,) each."""

    def sql(self, names: Sequence[str], is_text: bool) -> str:
        """The field as an SQL expression over the arrays under these names; `is_text`: for a CSV file."""


@dataclass(frozen=True)
class Ids:
    """Identifiers: a letter (or its ASCII code, one a row) and the number with leading zeros."""

    numbers: IntArray
    prefix: str | IntArray
    width: int = 8

    @property
    def arrays(self) -> Arrays:
        """The numbers and, where they differ, the letters."""
        return (self.numbers,) if isinstance(self.prefix, str) else (self.numbers, self.prefix)

    def sql(self, names: Sequence[str], is_text: bool) -> str:
        """`T00000042`."""
        letter = f"'{self.prefix}'" if isinstance(self.prefix, str) else f"chr(cast({names[1]} as integer))"
        return f"{letter} || lpad(cast(nullif({names[0]}, {NULL}) as varchar), {self.width}, '0')"


@dataclass(frozen=True)
class Instants:
    """Epoch seconds (UTC)."""

    seconds: IntArray

    @property
    def arrays(self) -> Arrays:
        """The seconds."""
        return (self.seconds,)

    def sql(self, names: Sequence[str], is_text: bool) -> str:
        """`2026-06-30T16:00:00Z`, or a timestamp with time zone."""
        microseconds = f"nullif({names[0]}, {NULL}) * 1000000"
        if is_text:
            return f"strftime(make_timestamp({microseconds}), '%Y-%m-%dT%H:%M:%SZ')"
        return f"make_timestamptz({microseconds})"


@dataclass(frozen=True)
class Days:
    """Days since 1970-01-01."""

    days: IntArray

    @property
    def arrays(self) -> Arrays:
        """The days."""
        return (self.days,)

    def sql(self, names: Sequence[str], is_text: bool) -> str:
        """`2026-06-30`."""
        return f"date '1970-01-01' + cast(nullif({names[0]}, {NULL}) as integer)"


@dataclass(frozen=True)
class Words:
    """Words of a list, by position; a negative position is an empty field."""

    positions: IntArray
    words: Sequence[str]

    @property
    def arrays(self) -> Arrays:
        """The positions."""
        return (self.positions,)

    def sql(self, names: Sequence[str], is_text: bool) -> str:
        """The word."""
        words = ", ".join(map(literal, self.words))
        # Lists of DuckDB count from 1, and have nothing at 0.
        return f"([{words}])[greatest({names[0]} + 1, 0)]"


@dataclass(frozen=True)
class Integers:
    """Whole numbers."""

    values: IntArray

    @property
    def arrays(self) -> Arrays:
        """The numbers."""
        return (self.values,)

    def sql(self, names: Sequence[str], is_text: bool) -> str:
        """`42`."""
        return f"nullif({names[0]}, {NULL})"


@dataclass(frozen=True)
class Decimals:
    """Numbers of `places` decimals, given as whole units of the last place."""

    units: IntArray
    places: int

    @property
    def arrays(self) -> Arrays:
        """The units."""
        return (self.units,)

    def sql(self, names: Sequence[str], is_text: bool) -> str:
        """`-12.50`."""
        return f"cast({names[0]} / 1e{self.places} as decimal(18, {self.places}))"


@dataclass(frozen=True)
class Flags:
    """True (1), false (0) or empty (NULL)."""

    values: IntArray

    @property
    def arrays(self) -> Arrays:
        """The flags."""
        return (self.values,)

    def sql(self, names: Sequence[str], is_text: bool) -> str:
        """`true`."""
        return f"cast(nullif({names[0]}, {NULL}) as boolean)"


@dataclass(frozen=True)
class Texts:
    """Free text in an array of str objects; "" is an empty field."""

    values: NDArray[np.object_]

    @property
    def arrays(self) -> Arrays:
        """The texts."""
        return (self.values,)

    def sql(self, names: Sequence[str], is_text: bool) -> str:
        """The text."""
        return f"nullif({names[0]}, '')"


def flags(values: NDArray[np.bool_]) -> Flags:
    """A column of true and false."""
    return Flags(values.astype(np.int64))


def empty_texts(rows: int) -> NDArray[np.object_]:
    """Texts to be filled in here and there."""
    return np.full(rows, "", dtype=object)
