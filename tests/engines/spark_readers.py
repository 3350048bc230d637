"""What readers on Spark see while versions are published, all in one process that has the catalogue open.

Run as ``python -m tests.engines.spark_readers <folder of the profile> <publications>``; prints what was seen
as JSON: reads, errors, and the answers that are of no version.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

from service_kpis.refresh import on_spark
from service_kpis.refresh.layout import Manifest
from service_kpis.spark_session import SparkError, _adapter, _answer
from tests.conftest import REPOSITORY

READERS = 3
QUESTION = """
select
    (select sum(n) from kpis.kpi_values) as of_values,
    (select sum(n) from kpis.kpi_scorecard) as of_scorecard,
    (select max(n) from marts.fct_tickets) as of_tickets
"""


class Here:
    """A session in this process."""

    is_local = True

    def __init__(self, adapter):
        self.adapter = adapter

    def query(self, statement: str) -> tuple[list[str], list[tuple]]:
        is_done, answer = _answer(self.adapter, statement)
        if not is_done:
            raise SparkError(answer)
        return answer


def build(session: Here, side: str, number: int) -> None:
    """A set of schemas whose tables all say the number, each time made anew."""
    on_spark._drop(session, f"{side}_")
    for table in ("kpis.kpi_values", "kpis.kpi_scorecard", "marts.fct_tickets", "quality.run_history"):
        session.query(f"create schema if not exists {side}_{table.split('.')[0]}")
        session.query(
            f"create table {side}_{table} using parquet partitioned by (partition_date)"
            f" as select cast({number} as bigint) as n, date '2026-01-01' as partition_date"
        )


def main(profiles: Path, publications: int) -> None:
    """Publishes while readers ask."""
    adapter = _adapter(REPOSITORY, profiles)
    seen: list[tuple] = []
    errors: list[str] = []
    is_over = threading.Event()

    def read() -> None:
        with adapter.connection_named(threading.current_thread().name):
            session = Here(adapter)
            while not is_over.is_set():
                try:
                    seen.extend(session.query(QUESTION)[1])
                except SparkError as error:
                    errors.append(str(error))

    with adapter.connection_named("refresh"):
        session = Here(adapter)
        state = on_spark._State()
        readers = [threading.Thread(target=read) for _ in range(READERS)]
        for number in range(1, publications + 1):
            build(session, state.other, number)
            new = on_spark._State(
                state.other, current=Manifest(str(number), "", ""), before=state.current, is_base=True
            )
            on_spark._show(session, state, new)
            state = on_spark._settle(session, replace(new, is_settled=False))
            assert on_spark._read_state(session) == state
            if number == 1:
                for reader in readers:
                    reader.start()
        is_over.set()
        for reader in readers:
            reader.join()
    mixed = sorted({row for row in seen if len(set(row)) > 1})
    versions = len({row for row in seen if len(set(row)) == 1})
    print(
        json.dumps({"reads": len(seen), "errors": errors, "mixed": mixed, "versions": versions}), flush=True
    )
    # Threads of Java may outlive the last statement.
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
