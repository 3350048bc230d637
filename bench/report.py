"""What was measured, as the Markdown tables of docs/performance.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PARTS = {
    "floor": "floor: scan, events once per ticket",
    "full": "full `dbt build` with data tests",
    "unit_tests": "unit tests alone",
    "first_refresh": "first version, published",
    "refresh": "one more day",
    "csv": "full build from CSV",
    "bad_rows": "full build, 1 % of bad rows",
}
# Name: part above, part below, goal by size.
RATIOS = {
    "full / floor": ("full", "floor", "at most 11 at 10 M"),
    "one more day / full": ("refresh", "full", "at most 0.25 at 1 M, 0.15 at 10 M"),
    "CSV / Parquet": ("csv", "full", "at most 1.6"),
    "1 % bad / clean": ("bad_rows", "full", "at most 1.1"),
}


def results_of(folder: Path) -> list[dict[str, Any]]:
    """All results that there are, by number of tickets."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    return sorted(found, key=lambda result: result["tickets"])


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; all columns but the first are right-aligned."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def markdown(folder: Path) -> str:
    """The tables of every size that was measured."""
    results = results_of(folder)
    if not results:
        return "Nothing was measured yet."
    return "\n\n".join(
        part
        for part in (
            machine_line(results),
            data_table(results),
            cost_table(results),
            ratio_table(results),
            query_table(results),
        )
        if part
    )


def machine_line(results: list[dict[str, Any]]) -> str:
    """What it was measured on."""
    machine = results[-1]["machine"]
    return (
        f"{machine['cores']} cores, {machine['memory'] / 2**30:.0f} GiB, {machine['system']}; Python "
        f"{machine['python']}, DuckDB {machine['duckdb']}, dbt-core {machine['dbt-core']}, dbt-duckdb "
        f"{machine['dbt-duckdb']}."
    )


def data_table(results: list[dict[str, Any]]) -> str:
    """What was built."""
    rows = []
    for result in results:
        data, full = result["data"], result.get("full", {})
        rows.append(
            [
                f"{result['tickets']:,}",
                f"{data['events']:,}",
                f"{data['rows']:,}",
                f"{data['bytes'] / 1e6:,.0f} MB",
                f"{full['database'] / 1e6:,.0f} MB" if full else "",
                f"{data['day_changed']:,} + {data['day_unchanged']:,}",
                f"{data['day_rows']:,}",
            ]
        )
    head = [
        "tickets",
        "events",
        "raw rows",
        "Parquet",
        "database",
        "one more day: tickets changed + unchanged",
    ]
    return table([*head, "its rows"], rows)


def cost_table(results: list[dict[str, Any]]) -> str:
    """Seconds and memory of each part."""
    rows = []
    for result in results:
        for part, name in PARTS.items():
            if part in result:
                cost = result[part]
                told = [f"`{cost['how']}`"] if "how" in cost else []
                told += [f"`memory_limit: {cost['memory_limit']}`"] if "memory_limit" in cost else []
                how = f" ({', '.join(told)})" if told else ""
                rows.append(
                    [
                        f"{result['size']}: {name}{how}",
                        f"{cost['wall']:.1f}",
                        f"{cost['cpu']:.1f}",
                        f"{cost['memory'] / 1e9:.2f}",
                        cost["at"],
                    ]
                )
    return table(["process", "seconds", "CPU seconds", "peak GB", "measured at"], rows)


def ratio_table(results: list[dict[str, Any]]) -> str:
    """Costs divided by one another: by the clock, and in seconds of processor."""
    rows = []
    for result in results:
        for name, (above, below, goal) in RATIOS.items():
            if above in result and below in result:
                rows.append([f"{result['size']}: {name}", *quotients(result[above], result[below]), goal])
    sizes = {result["size"]: result for result in results}
    for one, other in (("1m", "100k"), ("10m", "1m")):
        if "full" in sizes.get(one, {}) and "full" in sizes.get(other, {}):
            goal = "at most 11" if one == "10m" else ""
            rows.append([f"full {one} / {other}", *quotients(sizes[one]["full"], sizes[other]["full"]), goal])
    return table(["ratio", "by the clock", "CPU", "goal"], rows) if rows else ""


def quotients(above: dict[str, float], below: dict[str, float]) -> list[str]:
    """Wall and processor seconds of a part, divided by those of another."""
    return [f"{above[kind] / below[kind]:.2f}" for kind in ("wall", "cpu")]


def query_table(results: list[dict[str, Any]]) -> str:
    """Milliseconds of the queries."""
    rows = []
    for result in results:
        queries = result.get("queries")
        for name, times in (queries or {"queries": {}})["queries"].items():
            size = queries["marts.fct_tickets" if name.startswith("tickets") else "kpis.kpi_values"]
            rows.append(
                [
                    f"{result['size']}: {name}",
                    f"{size:,}",
                    f"{times['rows']:.0f}",
                    *[
                        f"{times[f'{kind} {share} ms']:.0f}"
                        for kind in ("kept", "new")
                        for share in ("p50", "p99")
                    ],
                ]
            )
    head = [
        "query",
        "rows of the table",
        "rows found",
        "kept: median ms",
        "kept: p99 ms",
        "new: median ms",
        "new: p99 ms",
    ]
    return table(head, rows) if rows else ""
