"""Export: tables as files, sorted, the same bytes for the same rows."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pytest

from service_kpis import cli
from service_kpis.errors import UserError
from service_kpis.export import export

ROWS = 300_000


@pytest.fixture
def make(tmp_path: Path):
    """A function that makes a database whose rows stand in an order of its own."""

    def build(name: str, order: str = "day_number") -> Path:
        file = tmp_path / name
        with duckdb.connect(str(file)) as connection:
            connection.execute(
                f"""
                create schema kpis;
                create schema marts;
                create schema staging;
                create table kpis.kpi_values as
                select
                    'kpi_' || range % 7 as kpi_key,
                    range as day_number,
                    date '2026-01-01' as day,
                    range / 3 as value,
                    case when range % 2 = 0 then 'a, "b"' end as member
                from range({ROWS})
                order by {order};
                create view kpis.kpi_views as select kpi_key, timestamptz '2026-07-01 02:00:00+02' as seen_at
                from kpis.kpi_values where day_number < 2;
                create table marts.fct_tickets as select 1 as ticket_id;
                create table staging.stg_tickets as select 'who@example.com' as email
                """
            )
        return file

    return build


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_the_same_rows_give_the_same_bytes(make, tmp_path: Path, file_format: str) -> None:
    found = []
    for name, order in (("one", "day_number"), ("other", "hash(day_number)"), ("again", "value desc")):
        export(make(f"{name}.duckdb", order), tmp_path / name, file_format=file_format)
        found.append(bytes_of(tmp_path / name))
    assert found[0].keys() == {f"kpis/kpi_values.{file_format}", f"kpis/kpi_views.{file_format}"}
    assert found[0] == found[1] == found[2]


def test_other_rows_give_other_bytes(make, tmp_path: Path) -> None:
    file = make("one.duckdb")
    export(file, tmp_path / "one")
    with duckdb.connect(str(file)) as connection:
        connection.execute("update kpis.kpi_values set value = value + 0.001 where day_number = 5")
    export(file, tmp_path / "other")
    assert bytes_of(tmp_path / "one") != bytes_of(tmp_path / "other")


def test_rows_are_whole_and_sorted(make, tmp_path: Path) -> None:
    assert export(make("one.duckdb"), tmp_path / "out") == {"kpis.kpi_values": ROWS, "kpis.kpi_views": 2}
    file = tmp_path / "out" / "kpis" / "kpi_values.parquet"
    with duckdb.connect() as connection:
        query = f"select kpi_key, day_number, member from read_parquet('{file}')"
        rows = connection.execute(query).fetchall()
    assert rows == sorted(rows)
    assert len(rows) == ROWS
    assert rows[0] == ("kpi_0", 0, 'a, "b"')


def test_csv_has_a_header_and_quotes(make, tmp_path: Path) -> None:
    export(make("one.duckdb"), tmp_path, file_format="csv")
    lines = (tmp_path / "kpis" / "kpi_values.csv").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["kpi_key,day_number,day,value,member", 'kpi_0,0,2026-01-01,0.0,"a, ""b"""']
    assert (tmp_path / "kpis" / "kpi_views.csv").read_text(encoding="utf-8").splitlines()[1] == (
        "kpi_0,2026-07-01 00:00:00+00"
    )


@pytest.fixture
def run_cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["service-kpis", "export", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


def test_the_command_names_what_it_wrote(make, run_cli, tmp_path: Path) -> None:
    options = ("--database", str(make("one.duckdb")), "--out", str(tmp_path / "out"))
    code, out, _ = run_cli(*options, "--schema", "kpis", "--schema", "marts", "--format", "csv")
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        ["300,000", "kpis.kpi_values"],
        ["2", "kpis.kpi_views"],
        ["1", "marts.fct_tickets"],
    ]
    # What is private is no schema to export.
    code, _, err = run_cli(*options, "--schema", "staging")
    assert (code, err.startswith("error: ")) == (2, True)


def test_what_cannot_be_exported_is_one_line(make, run_cli, tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_text("no database" * 1000)
    with duckdb.connect(str(tmp_path / "empty.duckdb")):
        pass
    for database, reason in (
        ("nowhere.duckdb", "no database at"),
        ("text.duckdb", "cannot be read as a DuckDB file"),
        ("empty.duckdb", "has no table in kpis"),
    ):
        code, out, err = run_cli("--database", str(tmp_path / database), "--out", str(tmp_path / "out"))
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert reason in err
    (tmp_path / "file").write_text("")
    with pytest.raises((UserError, OSError)):
        export(make("one.duckdb"), tmp_path / "file")
    code, _, err = run_cli("--database", str(tmp_path / "one.duckdb"), "--out", str(tmp_path / "file"))
    assert (code, err.count("\n")) == (2, 1)
