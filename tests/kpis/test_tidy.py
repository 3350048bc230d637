"""What is kept of a figure: nine decimals, and one zero. By hand; no warehouse."""

from __future__ import annotations

import duckdb
import pytest

# As it came out of a division, and as it is kept, as text: there the two zeros differ.
KEPT = {
    "null": None,
    "0.1 + 0.2": "0.3",
    "2 / 3e0": "0.666666667",
    "-1.0000000004": "-1.0",
    "-1.0000000006": "-1.000000001",
    "-0.0000000000001": "0.0",
    "-(0e0)": "0.0",
    "1234567890123e0 / 8": "154320986265.375",
}


@pytest.fixture(scope="module")
def kept(project) -> dict[str, str | None]:
    columns = ", ".join(
        f"cast({{{{ tidy('given.figure_{position}') }}}} as varchar)" for position in range(len(KEPT))
    )
    figures = ", ".join(f"cast({figure} as double) as figure_{place}" for place, figure in enumerate(KEPT))
    query = project.compile_inline(f"select {columns} from (select {figures}) as given")
    with duckdb.connect() as connection:
        return dict(zip(KEPT, connection.execute(query).fetchone() or (), strict=True))


@pytest.mark.parametrize("figure", KEPT)
def test_a_figure_is_kept_to_nine_decimals(figure: str, kept: dict[str, str | None]) -> None:
    assert kept[figure] == KEPT[figure]
