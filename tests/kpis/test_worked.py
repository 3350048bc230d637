"""The worked cases of tests/worked, each figured out by hand: what the KPI macros give for a few rows.

A file has the KPI it is about and its cases: `call` is what an analyst writes, `rows` the columns it is over,
`expected` the figure (null: none), `wrong` figures of typical mistakes, `why` how the figure was got. All
cases are one query, compiled once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

WORKED = Path(__file__).resolve().parents[1] / "worked"
TOLERANCE = 1e-6
# Wrong figures are there to be told apart by eye: they are written with a few decimals.
WRONG_TOLERANCE = 1e-3

PARTS = ("value", "numerator", "denominator", "scale", "is_additive")
Figures = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A worked case: columns of rows, a KPI macro called on them, and the figure that must come out."""

    kpi: str
    name: str
    call: str
    rows: dict[str, list[Any]]
    expected: float | None
    wrong: list[float]
    why: str

    def part(self, part: str) -> str:
        """The call of the KPI macro for one of its parts, as a Jinja expression."""
        return f"{{{{ {self.call.strip().removesuffix(')')}, part='{part}') }}}}"

    def query(self, position: int) -> str:
        """A template of one row: the case's position and each part of the KPI over its rows."""
        parts = ", ".join(
            f"cast(({self.part(part)}) as {'boolean' if part == 'is_additive' else 'double'}) as {part}"
            for part in PARTS
        )
        return f"select {position} as position, {parts} from {self.source()}"

    def source(self) -> str:
        """The rows as a relation `given`, perhaps without a row."""
        if not any(self.rows.values()):
            return f"(select {', '.join(f'null as {column}' for column in self.rows)} where false) as given"
        rows = ", ".join(f"({', '.join(map(literal, row))})" for row in zip(*self.rows.values(), strict=True))
        return f"(values {rows}) as given({', '.join(self.rows)})"


def literal(value: Any) -> str:
    """A value of a YAML file as an SQL literal."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def is_near(left: float | None, right: float | None, tolerance: float) -> bool:
    """Whether two figures agree: null with null alone, numbers within the tolerance, relative beyond one."""
    if left is None or right is None:
        return left is None and right is None
    return abs(left - right) <= tolerance * max(1.0, abs(right))


def worked_cases() -> Iterator[Case]:
    """The cases of all files, in the order of their names."""
    for path in sorted(WORKED.glob("*.yml")):
        sheet = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in sheet["cases"]:
            yield Case(kpi=sheet["kpi"], **{"wrong": [], **case})


CASES = list(worked_cases())


@pytest.fixture(scope="module")
def figures(project) -> list[Figures]:
    """What the macros give, by the position of the case."""
    template = "\nunion all\n".join(case.query(position) for position, case in enumerate(CASES))
    with duckdb.connect() as connection:
        rows = connection.execute(project.compile_inline(template)).fetchall()
    return [dict(zip(PARTS, row[1:], strict=True)) for row in sorted(rows)]


def case_parameters() -> list[Any]:
    return [pytest.param(position, id=f"{case.kpi}: {case.name}") for position, case in enumerate(CASES)]


@pytest.mark.parametrize("position", case_parameters())
def test_worked_case(position: int, figures: list[Figures]) -> None:
    case = CASES[position]
    value = figures[position]["value"]
    assert is_near(value, case.expected, TOLERANCE), f"{case.call} gives {value}; by hand: {case.why}"
    for wrong in case.wrong:
        assert not is_near(wrong, case.expected, WRONG_TOLERANCE), (
            f"the wrong figure {wrong} is the right one"
        )
        assert not is_near(value, wrong, WRONG_TOLERANCE), f"{case.call} gives the wrong figure {wrong}"


@pytest.mark.parametrize("position", case_parameters())
def test_the_two_sums_give_the_figure(position: int, figures: list[Figures]) -> None:
    """Periods and groups are added up from numerator and denominator: divided, they must be the value."""
    parts = figures[position]
    value, numerator, denominator = parts["value"], parts["numerator"], parts["denominator"]
    if denominator is None:
        assert is_near(value, numerator, TOLERANCE)
    elif numerator is None and not parts["is_additive"]:
        # A percentile is no quotient of sums, but there is one where there are observations.
        assert (value is None) == (denominator == 0)
    else:
        is_known = numerator is not None and denominator != 0
        assert is_near(value, parts["scale"] * numerator / denominator if is_known else None, TOLERANCE)


@pytest.mark.parametrize("path", sorted(WORKED.glob("*.yml")), ids=lambda path: path.stem)
def test_worked_file_is_whole(path: Path) -> None:
    cases = [case for case in CASES if case.kpi == path.stem]
    sheet = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert sheet["kpi"] == path.stem
    assert len({case.name for case in cases}) == len(sheet["cases"]), "two cases have one name"
    for case in cases:
        assert case.call.startswith(f"{path.stem}("), f"{case.name}: calls another macro"
        assert str(case.why).strip(), f"{case.name}: says not how its figure was got"
        assert case.rows and len({len(column) for column in case.rows.values()}) == 1, (
            f"{case.name}: its columns are not of one length"
        )
    assert any(not any(case.rows.values()) for case in cases), "no case without a row"
    assert any(case.expected not in (None, 0) for case in cases), "no case with a figure"
