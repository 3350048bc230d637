"""What BI tools ask of a warehouse, timed: `python -m bench.queries DATABASE [REPEATS]` prints JSON.

Each query is asked many times with other parameters: on one connection that is kept, and on a new one each
time (opening the file, asking, fetching, closing). Read-only, like every reader.
"""

from __future__ import annotations

import json
import math
import random
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

SERIES = """
select period_start_date, value, lower_bound, upper_bound, sample_count
from kpis.kpi_values
where kpi_key = ? and kpi_variant = ? and period_grain = ? and dimension = ? and member = ?
order by period_start_date
"""
PAGE = """
select kpi_key, kpi_variant, value, numerator, denominator, unit, is_small_sample
from kpis.kpi_values
where period_grain = ? and period_start_date = ? and dimension = 'overall'
order by kpi_key, kpi_variant
"""
LEADERBOARD = """
select member, value, sample_count
from kpis.kpi_values
where kpi_key = ? and kpi_variant = ? and period_grain = ? and period_start_date = ? and dimension = 'agent'
order by value desc nulls last, member
limit 20
"""
FACT = """
select
    date_trunc('month', cast(created_date as timestamp)) as month,
    channel,
    count(*) as ticket_count,
    count(*) filter (where is_solved) as solved_count
from marts.fct_tickets
where created_date >= ?
group by 1, 2
order by 1, 2
"""


def percentile(seconds: list[float], share: float) -> float:
    """The smallest of the times that at least a share of them does not exceed."""
    return sorted(seconds)[math.ceil(len(seconds) * share) - 1]


def parameters(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Parameters of each query that find rows."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query).fetchall()

    series = rows(
        "select * from (select kpi_key, kpi_variant, period_grain, dimension, member from kpis.kpi_values "
        "where period_grain in ('day', 'week', 'month') group by all having count(*) > 3) as series "
        "order by hash(kpi_key, kpi_variant, period_grain, dimension, member) limit 500"
    )
    pages = rows(
        "select distinct period_grain, period_start_date from kpis.kpi_values "
        "where dimension = 'overall' and period_grain <> 'day' order by all"
    )
    boards = rows(
        "select kpi_key, kpi_variant, period_grain, period_start_date from kpis.kpi_values "
        "where dimension = 'agent' and period_grain = 'month' group by all having count(*) > 3 order by all"
    )
    days = rows("select distinct date_trunc('year', cast(created_date as timestamp)) from marts.fct_tickets")
    return {SERIES: series, PAGE: pages, LEADERBOARD: boards, FACT: days}


def timings(database: Path, repeats: int = 200, seed: int = 1) -> dict[str, Any]:
    """Milliseconds of every query, median and 99th percentile, on kept and new connections; table sizes."""
    rng = random.Random(seed)
    found: dict[str, Any] = {"queries": {}, "repeats": repeats}
    with duckdb.connect(str(database), read_only=True) as kept:
        for table in ("kpis.kpi_values", "marts.fct_tickets"):
            found[table] = kept.execute(f"select count(*) from {table}").fetchall()[0][0]
        given = parameters(kept)
    names = {
        SERIES: "one KPI's series",
        PAGE: "a scorecard page",
        LEADERBOARD: "an agent leaderboard",
        FACT: "tickets by month and channel",
    }
    for query, name in names.items():
        asked = [rng.choice(given[query]) for _ in range(repeats)]
        seconds: dict[str, list[float]] = {"kept": [], "new": []}
        rows = 0
        with duckdb.connect(str(database), read_only=True) as kept:
            for values in asked:
                started = time.perf_counter()
                rows += len(kept.execute(query, values).fetchall())
                seconds["kept"].append(time.perf_counter() - started)
        for values in asked:
            started = time.perf_counter()
            with duckdb.connect(str(database), read_only=True) as new:
                new.execute(query, values).fetchall()
            seconds["new"].append(time.perf_counter() - started)
        found["queries"][name] = {
            "rows": rows / repeats,
            **{
                f"{connection} p{round(share * 100)} ms": percentile(times, share) * 1000
                for connection, times in seconds.items()
                for share in (0.5, 0.99)
            },
        }
    return found


def pad(database: Path, rows: int) -> int:
    """Bring kpi_values to a number of rows, by every agent's rows under other names; how many there are then.

    The rows stay in the order they were stored in, each beside its copies, as if there were more agents.
    """
    with duckdb.connect(str(database)) as connection:
        count, agents = connection.execute(
            "select count(*), count(*) filter (where dimension = 'agent') from kpis.kpi_values"
        ).fetchall()[0]
        if count < rows and agents:
            copies = -(-(rows - count) // agents)
            for (table,) in connection.execute(
                "select table_name from duckdb_tables() "
                "where schema_name = 'kpis' and starts_with(table_name, 'measures_')"
            ).fetchall():
                connection.execute(
                    f"""
                    create table kpis.padded as
                    select * exclude (copy)
                        replace (case when copy > 0 then member || '~' || copy else member end as member)
                    from (
                        select measures.*, copies.copy
                        from kpis.{table} as measures
                        cross join (select unnest(range({copies + 1})) as copy) as copies
                        where copies.copy = 0 or measures.dimension = 'agent'
                        order by measures.rowid, copies.copy
                    )
                    """
                )
                connection.execute(f"drop table kpis.{table}; alter table kpis.padded rename to {table}")
            connection.execute("checkpoint")
        return connection.execute("select count(*) from kpis.kpi_values").fetchall()[0][0]


if __name__ == "__main__":
    print(json.dumps(timings(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200)))
