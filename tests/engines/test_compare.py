"""The comparison itself: what is the same passes, and one cell that is not is told."""

from __future__ import annotations

import pytest

from .compare import table_differences

ROWS = (
    "(values ('a', 1.5, date '2026-01-01', true), ('b', null, null, false)) as rows(name, figure, day, is_it)"
)
EXPECTED = f"select name, cast(figure as double) as figure, day, is_it from {ROWS}"


def changed(**cells: str) -> str:
    """The rows as text, as an engine may give them, with some cells of row a changed."""
    columns = ", ".join(
        f"case when name = 'a' then {cells[name]} else cast({name} as varchar) end as {name}"
        if name in cells
        else f"cast({name} as varchar) as {name}"
        for name in ("name", "figure", "day", "is_it")
    )
    return f"select {columns} from ({EXPECTED})"


def test_equal_rows_have_no_difference() -> None:
    assert table_differences(changed(), EXPECTED) == ([], 8)


def test_the_last_digits_of_a_decimal_do_not_count() -> None:
    assert table_differences(changed(figure="'1.5000005'"), EXPECTED)[0] == []


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"figure": "'1.500002'"}, "1 cells of figure differ"),
        ({"figure": "null"}, "1 cells of figure differ"),
        ({"name": "'A'"}, "1 rows missing"),
        ({"name": "null"}, "1 rows missing"),
        ({"day": "'2026-01-02'"}, "1 rows missing"),
        ({"is_it": "'false'"}, "1 rows needless"),
    ],
)
def test_one_cell_that_differs_is_told(cells: dict[str, str], told: str) -> None:
    assert told in table_differences(changed(**cells), EXPECTED)[0]


def test_rows_that_are_there_twice_are_told() -> None:
    lines, _ = table_differences(f"{changed()} union all {changed()}", EXPECTED)
    assert lines[0] == "2 rows needless"


def test_a_missing_row_is_told() -> None:
    lines, _ = table_differences(f"{changed()} limit 0", EXPECTED)
    assert lines[0] == "2 rows missing"
