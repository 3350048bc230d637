"""What engines without DuckDB's readers are given of a folder of raw files."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from service_kpis import spark
from service_kpis.errors import UserError
from tests.company.test_company import RAW_PATH
from tests.conftest import REPOSITORY


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A copy of the raw files of the hand-computed company."""
    return Path(shutil.copytree(RAW_PATH, tmp_path / "raw"))


def lines_of(path: Path) -> int:
    """How many rows a file of one line each has."""
    return len(path.read_text(encoding="utf-8").splitlines()) - 1


def test_every_row_is_written_with_its_file_and_place(raw: Path, tmp_path: Path) -> None:
    agents = lines_of(raw / "raw_agents.csv")
    with (raw / "raw_agents.csv").open("a", encoding="utf-8") as file:
        file.write("a line, too short\n")
    (raw / "raw_customers").mkdir()
    duckdb.sql(f"from read_csv('{raw}/raw_customers.csv', all_varchar = true)").write_parquet(
        f"{raw}/raw_customers/one.parquet"
    )
    (raw / "raw_customers.csv").unlink()

    rows = spark.load_raw(raw, tmp_path / "to", project=REPOSITORY)

    written = sorted(path.stem for path in (tmp_path / "to").iterdir())
    assert written == sorted(rows) == sorted(path.stem for path in raw.iterdir())
    assert rows["raw_tickets"] == lines_of(raw / "raw_tickets.csv") == 40
    told = "select ticket_id, source_file, file_row_number from '{}/raw_tickets.parquet' order by 3"
    first = (raw / "raw_tickets.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    assert duckdb.sql(told.format(tmp_path / "to")).fetchall()[0] == (first, "raw_tickets.csv", 0)
    unreadable = f"select unreadable_line from '{tmp_path}/to/raw_agents.parquet' order by file_row_number"
    assert duckdb.sql(unreadable).fetchall() == [(None,)] * agents + [("a line, too short",)]
    files = duckdb.sql(f"select distinct source_file from '{tmp_path}/to/raw_customers.parquet'")
    assert files.fetchall() == [("raw_customers/one.parquet",)]


def test_files_of_tables_that_are_gone_go_too(raw: Path, tmp_path: Path) -> None:
    spark.load_raw(raw, tmp_path / "to", project=REPOSITORY)
    (tmp_path / "to" / "notes.parquet").write_text("not of a table", encoding="utf-8")
    (raw / "sla_policies.csv").unlink()
    rows = spark.load_raw(raw, tmp_path / "to", project=REPOSITORY)
    assert "sla_policies" not in rows
    written = {path.stem for path in (tmp_path / "to").iterdir()}
    assert written == {*rows, "notes"}


def without_column(raw: Path) -> None:
    path = raw / "raw_tickets.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("created_at", "made", 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda raw: (raw / "raw_tickets.csv").unlink(), "no raw_tickets.csv, raw_tickets.parquet or"),
        (without_column, "raw_tickets.csv has no column created_at"),
        (shutil.rmtree, "no folder at"),
    ],
)
def test_what_is_wrong_with_the_files_is_one_line(
    raw: Path, tmp_path: Path, break_it: Callable[[Path], object], told: str
) -> None:
    break_it(raw)
    with pytest.raises(UserError, match=re.escape(told)) as caught:
        spark.load_raw(raw, tmp_path / "to", project=REPOSITORY)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "to").exists()
