"""The judge of incremental runs can say no, and plans are the same each time."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from .changes import KINDS, rows_of
from .company import Company, make_company, stamp_of
from .compare import differences
from .plan import plan_of_seed, plan_of_text

ROWS = (
    "(values ('a', 1, 0.1::double, now()), ('b', 2, null, now())) as rows (name, number, figure, judged_at)"
)
CREATE = (
    f"create schema marts; create table marts.things as select * from {ROWS}; "
    f"create schema quality; create table quality.rejected_rows as select * from {ROWS}; "
    f"create table quality.run_history as select * from {ROWS}"
)


def warehouse(folder: Path, name: str, change: str = "select 1") -> Path:
    path = folder / f"{name}.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(CREATE)
        connection.execute(change)
    return path


@pytest.mark.parametrize(
    "change",
    [
        "select 1",
        "update marts.things set figure = 0.1 + 1e-15",
        "update marts.things set judged_at = now() - interval 1 day",
        "delete from quality.run_history",
        "create schema staging; create table staging.other as select 1 as one",
    ],
)
def test_what_does_not_count_is_no_difference(change: str, tmp_path: Path) -> None:
    expected = warehouse(tmp_path, "expected")
    # A figure of the one row must not be given to the other.
    change = change.replace("set figure = 0.1 + 1e-15", "set figure = figure + 1e-15")
    assert differences(warehouse(tmp_path, "actual", change), expected) == []


@pytest.mark.parametrize(
    ("change", "table", "told"),
    [
        ("delete from marts.things where name = 'a'", "marts.things", "missing: name=a"),
        (
            "insert into marts.things select * from marts.things where name = 'a'",
            "marts.things",
            "needless: name=a",
        ),
        ("update marts.things set number = 3 where name = 'b'", "marts.things", "number: 3 should be 2"),
        ("update marts.things set figure = 0.1000001 where name = 'a'", "marts.things", "should be 0.1"),
        ("update marts.things set figure = 0 where name = 'b'", "marts.things", "figure: 0.0 should be None"),
        ("delete from quality.rejected_rows where number = 2", "quality.rejected_rows", "name=b"),
        ("drop table marts.things", "marts.things", "no such table in the incremental one"),
        ("alter table marts.things drop number", "marts.things", "columns differ"),
    ],
)
def test_a_cell_that_differs_is_told(change: str, table: str, told: str, tmp_path: Path) -> None:
    found = differences(warehouse(tmp_path, "actual", change), warehouse(tmp_path, "expected"))
    assert [one.table for one in found] == [table]
    assert told in str(found[0])


def test_a_plan_is_its_text() -> None:
    plans = [plan_of_seed(seed) for seed in range(200)]
    assert [plan_of_text(str(plan)) for plan in plans] == plans
    assert {kind for plan in plans for load in plan.loads for kind, _ in load.changes} == KINDS.keys()
    with pytest.raises(ValueError, match="no kind of change"):
        plan_of_text("2 / @1 later:3")


@pytest.fixture(scope="module", params=[2, 5])
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Company:
    return make_company(request.param, tmp_path_factory.mktemp("company"))


@pytest.mark.parametrize("kind", KINDS)
def test_dice_give_the_same_rows_and_most_give_some(company: Company, kind: str) -> None:
    rows = [rows_of(company, kind, dice, 3) for dice in range(30)]
    assert rows == [rows_of(company, kind, dice, 3) for dice in range(30)]
    assert sum(map(bool, rows)) > 15
    if kind not in ("twin", "rival", "older", "unreadable"):
        assert all(line["loaded_at"] == stamp_of(3) for delivery in rows for _, line in delivery)
