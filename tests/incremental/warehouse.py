"""A folder of raw files that grows load by load, and the dbt builds that read it."""

from __future__ import annotations

import csv
import os
import random
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.conftest import dbt_in, failed_nodes, run_dbt
from tests.reference.schema import TABLES

from .changes import UNREADABLE, Delivery, rows_of
from .company import Company, Line, make_company
from .compare import TableDifference, differences
from .plan import Load, Plan

POLICY_FILES = ("business_hours", "holidays", "sla_policies", "response_time_bands")


@dataclass
class Outcome:
    """What came of a load: why all was built anew, if it was, and what differs, None if not compared."""

    load: Load
    reasons: list[str]
    wrong: list[TableDifference] | None = None

    def __str__(self) -> str:
        if self.wrong is None:
            found = "not compared"
        else:
            found = f"{len(self.wrong)} tables differ" if self.wrong else "the same"
        whole = f" (built anew: {'; '.join(self.reasons)})" if self.reasons else ""
        return "\n".join(
            [f"after {self.load}: {found}{whole}", *(f"  {table}" for table in self.wrong or [])]
        )


class Warehouse:
    """Raw files and databases under one folder.

    The raw folder and the database are always of the same name, and only their content changes: dbt would
    read the whole project anew otherwise.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw = folder / "raw"
        self.database = folder / "service_kpis.duckdb"
        self.snapshots: dict[str, Path] = {}
        self.companies: dict[int, Company] = {}
        self.delivered: dict[str, list[Line]] = {}

    # --- dbt --------------------------------------------------------------------------------------

    def build(self) -> None:
        """Run dbt on the raw folder as it is. AssertionError with dbt's messages if a node fails."""
        failed = self.failures("build", "--exclude-resource-type", "test", "unit_test")
        assert not failed, "dbt build failed:\n" + "\n".join(failed)

    def failures(self, *command: str) -> list[str]:
        """Run a dbt command on the raw folder as it is; a line for each node that failed."""
        with dbt_in(self.folder) as database:
            assert database == self.database
            os.environ["SERVICE_KPIS_RAW_PATH"] = str(self.raw)
            result = run_dbt(self.folder, *command)
        return failed_nodes(result)

    def reasons_to_build_all(self) -> list[str]:
        """Why the last run built everything anew; nothing if it did not."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            rows = connection.execute(
                "select distinct detail from quality.builds where event = 'whole' "
                "and started_at = (select max(started_at) from quality.builds) order by detail"
            ).fetchall()
        return [reason for (reason,) in rows]

    def full_build(self) -> Path:
        """The path of a new database, built of all rows at once; the one in use stays as it is."""
        aside, full = self.folder / "aside.duckdb", self.folder / "full" / self.database.name
        full.parent.mkdir(exist_ok=True)
        self.database.replace(aside)
        try:
            self.build()
            self.database.replace(full)
        finally:
            aside.replace(self.database)
        return full

    def compare(self, examples: int = 3) -> list[TableDifference]:
        """How the database in use differs from a full build of the same rows."""
        return differences(self.database, self.full_build(), examples)

    # --- raw files --------------------------------------------------------------------------------

    def company(self, seed: int) -> Company:
        """The company of a seed, made once."""
        if seed not in self.companies:
            self.companies[seed] = make_company(seed, self.folder / f"company_{seed}")
        return self.companies[seed]

    def start(self, company: Company, without: Iterable[tuple[str, str]] = ()) -> None:
        """The first load of a company, built; without some rows: table and start of their key."""
        left_out = sorted(without)
        name = f"{company.seed} {left_out}"
        shutil.rmtree(self.raw, ignore_errors=True)
        self.raw.mkdir()
        self.delivered = {table: [] for table in TABLES}
        for policy in POLICY_FILES:
            shutil.copy(company.folder / f"{policy}.csv", self.raw)
        rng = random.Random(name)
        for table, lines in company.first.items():
            if table == company.absent:
                continue
            key = TABLES[table].key[0]
            kept = [
                line
                for line in lines
                if not any(
                    table == other and line[key].strip().startswith(start) for other, start in left_out
                )
            ]
            half = len(kept) // 2 if rng.random() < 0.3 else len(kept)
            for place, part in enumerate((kept[:half], kept[half:]), 1):
                if part:
                    self.write(table, f"part-5{place}", part, rng.choice(("csv", "csv", "parquet")))
        self.database.unlink(missing_ok=True)
        if name in self.snapshots:
            shutil.copy(self.snapshots[name], self.database)
        else:
            self.build()
            self.snapshots[name] = shutil.copy(
                self.database, self.folder / f"first_{len(self.snapshots)}.duckdb"
            )

    def write(self, table: str, name: str, lines: list[Line], form: str) -> None:
        """A further file of a table: csv, parquet (texts alone) or typed parquet (loaded_at an instant)."""
        folder = self.raw / table
        folder.mkdir(exist_ok=True)
        names = [column.name for column in TABLES[table].columns]
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(names)
            for line in lines:
                unreadable = line.get(UNREADABLE)
                writer.writerow(unreadable.split(",") if unreadable else [line[name] for name in names])
        if form != "csv":
            loaded_at = "cast(loaded_at as timestamptz)" if form == "typed parquet" else "loaded_at"
            duckdb.sql(
                f"copy (select * replace ({loaded_at} as loaded_at) "
                f"from read_csv('{path}', all_varchar = true, header = true)) "
                f"to '{path.with_suffix('.parquet')}' (format parquet)"
            )
            path.unlink()
        self.delivered[table] += lines

    def append(self, table: str, lines: list[Line]) -> bool:
        """Write rows at the end of a file that was read before; False where that may not be noticed.

        In a file that it knows a run looks for a later loaded_at alone, so the rows' own must be the latest.
        """
        files = sorted((self.raw / table).glob("*.csv"))
        latest = max((line.get("loaded_at", "") for line in self.delivered[table]), default="")
        if not files or any(line.get("loaded_at", "") <= latest for line in lines):
            return False
        names = [column.name for column in TABLES[table].columns]
        with files[0].open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([line[name] for name in names] for line in lines)
        self.delivered[table] += lines
        return True

    def deliver(self, rows: Delivery, name: str) -> None:
        """The files of one load; its name decides on their form and on where they stand in order of names."""
        for table in TABLES:
            lines = [line for other, line in rows if other == table]
            if not lines:
                continue
            rng = random.Random(f"{name} {table}")
            if rng.random() < 0.3 and self.append(table, lines):
                continue
            is_readable = not any(UNREADABLE in line for line in lines)
            form = rng.choice(("csv", "csv", "parquet")) if is_readable else "csv"
            # Parts are named at random: which of two rows comes first is not told by when it was delivered.
            self.write(table, f"part-{rng.randrange(10, 100)}-{len(self.delivered[table])}", lines, form)

    # --- plans ------------------------------------------------------------------------------------

    def rows(self, company: Company, load: Load) -> Delivery:
        """All rows of a load."""
        return [row for kind, dice in load.changes for row in rows_of(company, kind, dice, load.rank)]

    def run(self, plan: Plan, every: bool = False, examples: int = 3) -> list[Outcome]:
        """Deliver and build load by load, and compare after the last one or after every one."""
        company = self.company(plan.company)
        self.start(company)
        outcomes = []
        for place, load in enumerate(plan.loads, 1):
            self.deliver(self.rows(company, load), str(load))
            self.build()
            outcome = Outcome(load, self.reasons_to_build_all())
            outcomes.append(outcome)
            if every or place == len(plan.loads):
                outcome.wrong = self.compare(examples)
                if outcome.wrong:
                    break
        return outcomes
