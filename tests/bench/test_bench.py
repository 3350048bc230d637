"""The parts of the benchmark work on a thousand tickets. No time is asserted: machines differ."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from bench import data, floor, measure, queries, report, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def day(folder: Path) -> data.Day:
    generated = data.generate(folder / "generated", 1000, 7)
    return data.split(generated, folder / "history", folder / "day")


def ask(query: str, **folders: Path) -> list[tuple[Any, ...]]:
    """The rows of a query that names a table of a folder as {folder:table}."""
    for name, path in folders.items():
        for table in data.INSTANTS:
            if data.has_files(path, table):
                query = query.replace(f"{{{name}:{table}}}", data.scan(path, table))
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def test_history_and_day_are_cut_at_a_local_midnight(folder: Path, day: data.Day) -> None:
    places = {"history": folder / "history", "day": folder / "day"}
    for table, instant in data.INSTANTS.items():
        if instant is None or not data.has_files(folder / "day", table) or table == "raw_tickets":
            continue
        ((late,),) = ask(
            f"select count(*) from {{history:{table}}} as source where {instant} >= '{day.starts_at}'",
            **places,
        )
        ((earliest,),) = ask(f"select min(loaded_at) from {{day:{table}}} as source", **places)
        ((latest,),) = ask(f"select max(loaded_at) from {{history:{table}}} as source", **places)
        assert late == 0
        assert earliest > latest


def test_half_of_the_tickets_of_the_day_changed_and_half_come_as_they_were(
    folder: Path, day: data.Day
) -> None:
    places = {"history": folder / "history", "day": folder / "day", "generated": folder / "generated"}
    assert day.tickets_changed == day.tickets_unchanged == round(1000 * data.TOUCHED_SHARE / 2)
    ((same,),) = ask(
        "select count(*) from (select * exclude (loaded_at) from {day:raw_tickets} intersect "
        "select * exclude (loaded_at) from {history:raw_tickets}) as same",
        **places,
    )
    assert same == day.tickets_unchanged
    ((final,),) = ask(
        "select count(*) from (select * exclude (loaded_at) from {day:raw_tickets} intersect "
        "select * from {generated:raw_tickets}) as final",
        **places,
    )
    assert final == day.tickets_changed + day.tickets_unchanged
    # Whatever happened to others that day is nowhere: they stand as they were before.
    ((of_the_day, in_history),) = ask(
        "select (select count(distinct ticket_id) from {day:raw_ticket_events}), "
        f"(select count(*) from {{history:raw_tickets}} where updated_at >= '{day.starts_at}')",
        **places,
    )
    assert (of_the_day, in_history) == (day.tickets_changed, 0)


def test_nothing_is_made_twice(folder: Path, day: data.Day) -> None:
    before = {path: path.stat().st_mtime_ns for path in (folder / "history").rglob("*.parquet")}
    again = data.split(data.generate(folder / "generated", 1000, 7), folder / "history", folder / "day")
    assert again == day
    assert {path: path.stat().st_mtime_ns for path in (folder / "history").rglob("*.parquet")} == before


def test_csv_and_bad_rows_are_the_same_rows(folder: Path, day: data.Day) -> None:
    csv = data.as_csv(folder / "history", folder / "csv")
    bad = data.with_bad_rows(folder / "history", folder / "bad", share=0.05)
    counts = data.counts_of(folder / "history")
    assert data.counts_of(bad) == counts
    for table, count in counts.items():
        ((lines,),) = ask(
            f"select count(*) from read_csv('{csv / table}.csv', header = true, all_varchar = true)"
        )
        assert lines == count
    ((spoilt,),) = ask("select count(*) from {bad:raw_ticket_events} where event_type = 'whatever'", bad=bad)
    assert 0.03 < spoilt / counts["raw_ticket_events"] < 0.07


def test_the_floor_reads_every_row(folder: Path, day: data.Day) -> None:
    counts = floor.floor(folder / "history")
    ((with_events,),) = ask(
        "select count(distinct ticket_id) from {history:raw_ticket_events}", history=folder / "history"
    )
    assert counts.pop("tickets with events") == with_events
    assert counts == data.counts_of(folder / "history")


def test_a_process_is_measured_whole(tmp_path: Path) -> None:
    work = "block = bytes([1]) * 200_000_000\nprint(sum(range(3_000_000)))"
    # Measured by a small process: until it becomes its command, a child has the memory of who started it.
    code = f"""
import json, sys
from pathlib import Path
from bench import measure
folder = Path({str(tmp_path)!r})
print(json.dumps(vars(measure.measured([sys.executable, "-c", {work!r}], folder / "log.txt", folder))))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=run.REPOSITORY, check=True, capture_output=True, text=True
    )
    cost = measure.Cost(**json.loads(done.stdout))
    assert cost.wall > 0.01 and cost.cpu > 0.01
    assert 200e6 < cost.memory < 400e6
    assert (tmp_path / "log.txt").read_text().strip() == str(sum(range(3_000_000)))
    with pytest.raises(measure.CommandError, match="exit code 3"):
        measure.measured([sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "log.txt", tmp_path)


def test_builds_get_the_memory_that_was_said(tmp_path: Path) -> None:
    for memory in (None, "2GB"):
        run.Bench("1k", 1000, 7, tmp_path, 1, 0, memory).write_profile(tmp_path)
        outputs = yaml.safe_load((tmp_path / "profiles.yml").read_text())["service_kpis"]["outputs"]
        limits = {
            name: (output.get("settings") or {}).get("memory_limit") for name, output in outputs.items()
        }
        assert limits == {"duckdb": memory, "refresh": memory, "postgres": None, "spark": None}


def test_a_build_of_the_history_answers_the_queries(
    folder: Path, day: data.Day, build_warehouse: Callable[[Path | None, dict[str, Any], str], Path]
) -> None:
    database = build_warehouse(folder / "history", {}, "bench_history")
    found = queries.timings(database, repeats=5)
    assert len(found["queries"]) == 4
    for name, times in found["queries"].items():
        assert times["rows"] >= 1, name
        assert 0 < times["kept p50 ms"] <= times["kept p99 ms"]

    before = found["kpis.kpi_values"]
    copy = folder / "service_kpis.duckdb"
    copy.write_bytes(database.read_bytes())
    assert queries.pad(copy, before * 2) >= before * 2
    assert queries.timings(copy, repeats=2)["kpis.kpi_values"] >= before * 2


def test_sizes_are_read() -> None:
    assert [run.tickets_of(size) for size in ("100k", "1m", "10M", "2500")] == [
        100_000,
        1_000_000,
        10_000_000,
        2500,
    ]
    for wrong in ("", "k", "0", "1g"):
        with pytest.raises(ValueError, match="a size is"):
            run.tickets_of(wrong)


def test_percentiles_are_times_that_were_measured() -> None:
    assert queries.percentile([float(number) for number in range(1, 201)], 0.99) == 198
    assert queries.percentile([3.0, 1.0, 2.0], 0.5) == 2


def test_results_become_tables(tmp_path: Path) -> None:
    assert report.markdown(tmp_path) == "Nothing was measured yet."
    cost = {"at": "2026-01-01 00:00", "wall": 10.0, "cpu": 20.0, "memory": 1_500_000_000}
    for size, tickets, factor in (("1m", 1_000_000, 1), ("10m", 10_000_000, 9)):
        full = {**cost, "wall": 60.0 * factor, "database": 2_000_000_000}
        result = {
            "size": size,
            "tickets": tickets,
            "machine": run.machine(),
            "data": dict.fromkeys(
                ("bytes", "rows", "events", "day_rows", "day_changed", "day_unchanged"), 5_000_000
            ),
            "floor": cost,
            "full": full,
        }
        (tmp_path / f"{size}.json").write_text(json.dumps(result))
    text = report.markdown(tmp_path)
    assert "| 1m: full / floor | 6.00 | 1.00 | at most 11 at 10 M |" in text
    assert "| full 10m / 1m | 9.00 | 1.00 | at most 11 |" in text
    assert "| 10m: full `dbt build` with data tests | 540.0 | 20.0 | 1.50 |" in text
