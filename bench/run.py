"""The parts of the benchmark, one after the other, each a whole process; results are kept as JSON."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from . import data
from .measure import Cost, measured

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).resolve().parent / "results"
# In this order: later parts use what earlier ones built.
PARTS = ("floor", "full", "unit_tests", "refresh", "csv", "bad_rows", "queries")
# Above this, parts that say nothing new of a larger size are left out unless they are asked for.
LARGE = 2_000_000
NOT_WHEN_LARGE = ("unit_tests", "csv", "bad_rows")


def tickets_of(size: str) -> int:
    """How many tickets a size is: 100k, 1m, 2500. ValueError if it is none."""
    match = re.fullmatch(r"(\d+)([km]?)", size.lower())
    if not match or int(match[1]) == 0:
        raise ValueError(f"a size is a number of tickets such as 100k, 1m or 2500, not {size}")
    return int(match[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[match[2]]


def say(text: str) -> None:
    """Progress, for whoever waits."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": memory,
        "system": f"{os.uname().sysname} {os.uname().machine}",
        "python": ".".join(map(str, sys.version_info[:3])),
        **{package: version(package) for package in ("duckdb", "dbt-core", "dbt-duckdb")},
    }


class Bench:
    """One size of the benchmark: its folders, and what was measured of it."""

    def __init__(
        self,
        name: str,
        tickets: int,
        seed: int,
        folder: Path | None,
        repeats: int,
        pad: int,
        memory: str | None = None,
    ) -> None:
        self.name, self.tickets, self.seed, self.repeats, self.pad = name, tickets, seed, repeats, pad
        self.memory = memory
        self.results_folder = RESULTS
        self.folder = (folder or REPOSITORY / "warehouse" / "bench").resolve() / f"{name}_{seed}"
        self.bin = Path(sys.executable).parent
        self.results: dict[str, Any] = {}
        if self.results_file.exists():
            self.results = json.loads(self.results_file.read_text(encoding="utf-8"))

    # --- places -----------------------------------------------------------------------------------

    @property
    def results_file(self) -> Path:
        """Where the results of this size are kept."""
        return self.results_folder / f"{self.name}.json"

    def database(self, name: str) -> Path:
        """The database of a part; always of one base name, which is the name of its catalogue."""
        return self.folder / name / "service_kpis.duckdb"

    def keep(self, part: str, values: dict[str, Any]) -> None:
        """Note what was measured; written at once, a later part may fail."""
        self.results.update(size=self.name, tickets=self.tickets, seed=self.seed, machine=machine())
        limit = {"memory_limit": self.memory} if self.memory and "memory" in values else {}
        self.results[part] = {"at": time.strftime("%Y-%m-%d %H:%M"), **values, **limit}
        self.results_file.parent.mkdir(parents=True, exist_ok=True)
        self.results_file.write_text(json.dumps(self.results, indent=2) + "\n", encoding="utf-8")

    # --- running ----------------------------------------------------------------------------------

    def run(self, only: list[str] | None = None) -> None:
        """Make the data if it is not there and run the parts."""
        wanted = only or [part for part in PARTS if self.tickets < LARGE or part not in NOT_WHEN_LARGE]
        self.folder.mkdir(parents=True, exist_ok=True)
        say(f"data of {self.tickets:,} tickets in {self.folder}")
        self.generated = data.generate(self.folder / "generated", self.tickets, self.seed)
        self.history, self.day_files = self.folder / "history", self.folder / "day"
        self.day = data.split(self.generated, self.history, self.day_files)
        counts = data.counts_of(self.history)
        self.keep(
            "data",
            {
                "bytes": data.size_of(self.history),
                "rows": sum(counts.values()),
                "events": counts["raw_ticket_events"],
                "day_rows": self.day.rows,
                "day_changed": self.day.tickets_changed,
                "day_unchanged": self.day.tickets_unchanged,
            },
        )
        for part in PARTS:
            if part in wanted:
                say(part.replace("_", " "))
                step: Callable[[], None] = getattr(self, part)
                step()

    def write_profile(self, folder: Path) -> None:
        """The profile that is shipped, with the memory that DuckDB may use, if that was said."""
        folder.mkdir(parents=True, exist_ok=True)
        profile = yaml.safe_load((REPOSITORY / "profiles.yml.example").read_text(encoding="utf-8"))
        for output in profile["service_kpis"]["outputs"].values():
            if self.memory and output["type"] == "duckdb":
                output["settings"]["memory_limit"] = self.memory
        (folder / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")

    def dbt(self, name: str, raw: Path, *arguments: str, variables: str = "{}") -> Cost:
        """A dbt command on the database of a part, its project read before: a schedule's is, too."""
        folder = self.folder / name
        profiles = folder / "profiles"
        self.write_profile(profiles)
        environment = {
            "SERVICE_KPIS_DUCKDB_PATH": str(self.database(name)),
            "SERVICE_KPIS_RAW_PATH": str(raw),
            "DBT_PROFILES_DIR": str(profiles),
        }
        paths = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
        common = [*paths, "--vars", variables]
        command = [str(self.bin / "dbt")]
        measured([*command, "parse", *common], folder / "parse.txt", REPOSITORY, environment)
        return measured([*command, *arguments, *common], folder / "dbt.txt", REPOSITORY, environment)

    def build(self, name: str, raw: Path, variables: str = "{}") -> Cost:
        """`dbt build` with data tests into a new database."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.dbt(name, raw, "build", "--exclude-resource-type", "unit_test", variables=variables)

    # --- parts ------------------------------------------------------------------------------------

    def floor(self) -> None:
        """Scan all columns and bring the events together once per ticket."""
        command = [sys.executable, "-m", "bench.floor", str(self.history)]
        # Once more, for a floor that had to wait for the disk would flatter all that is divided by it.
        first, second = (measured(command, self.folder / "floor.txt", REPOSITORY) for _ in range(2))
        self.keep("floor", vars(min(first, second, key=lambda cost: cost.wall)))

    @property
    def raw(self) -> Path:
        """The raw folder of the full build and of the day after: under another path files are others."""
        return self.folder / "raw"

    def only_history(self) -> None:
        """Make the raw folder hold the history alone."""
        shutil.rmtree(self.raw, ignore_errors=True)
        shutil.copytree(self.history, self.raw, copy_function=os.link)

    def add_day(self) -> None:
        """Put the files of the last day beside those of the history."""
        for path in self.day_files.glob("raw_*/*.parquet"):
            (self.raw / path.parent.name).mkdir(exist_ok=True)
            os.link(path, self.raw / path.parent.name / path.name)

    def full(self) -> None:
        """The whole build of the history, data tests included."""
        self.only_history()
        cost = self.build("full", self.raw)
        self.keep("full", {**vars(cost), "database": self.database("full").stat().st_size})

    def unit_tests(self) -> None:
        """The unit tests alone: their cost does not depend on the size."""
        self.keep("unit_tests", vars(self.dbt("full", self.raw, "test", "--resource-type", "unit_test")))

    def refresh(self) -> None:
        """One more day: its files come, and the warehouse is brought up to date."""
        self.only_history()
        folder = self.folder / "refresh"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if not self.has_refresh():
            shutil.copy(self.database("full"), self.database("refresh"))
            self.add_day()
            cost = self.dbt("refresh", self.raw, "build", "--exclude-resource-type", "unit_test")
            self.keep("refresh", {**vars(cost), "how": "dbt build"})
            return
        self.write_profile(folder)
        environment = {"DBT_PROFILES_DIR": str(folder)}
        command = [str(self.bin / "service-kpis"), "refresh", "--warehouse", str(folder / "warehouse")]
        command += ["--raw-path", str(self.raw), "--quiet"]
        say("  first version: the history")
        first = measured(command, folder / "first.txt", REPOSITORY, environment)
        self.keep("first_refresh", {**vars(first), "how": "service-kpis refresh"})
        say("  second version: one more day")
        self.add_day()
        cost = measured(command, folder / "refresh.txt", REPOSITORY, environment)
        self.keep("refresh", {**vars(cost), "how": "service-kpis refresh"})

    def has_refresh(self) -> bool:
        """Whether this version of the command line has `refresh`."""
        command = [str(self.bin / "service-kpis"), "refresh", "--help"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def csv(self) -> None:
        """The whole build of the same rows as text."""
        folder = data.as_csv(self.history, self.folder / "csv_files")
        self.keep("csv", {**vars(self.build("csv", folder)), "bytes": data.size_of(folder)})
        shutil.rmtree(self.folder / "csv")

    def bad_rows(self) -> None:
        """The whole build where one row in a hundred of every large table breaks a rule."""
        folder = data.with_bad_rows(self.history, self.folder / "bad_files")
        self.keep("bad_rows", vars(self.build("bad", folder, "{max_rejected_share: 0.05}")))
        shutil.rmtree(self.folder / "bad")

    def queries(self) -> None:
        """What BI tools ask."""
        database = self.database("full")
        if self.pad:
            padded = self.database("queries")
            padded.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(database, padded)
            subprocess.run(
                [
                    sys.executable,
                    "-c",
                    "import sys; from pathlib import Path; from bench.queries import pad; "
                    "pad(Path(sys.argv[1]), int(sys.argv[2]))",
                    str(padded),
                    str(self.pad),
                ],
                check=True,
                cwd=REPOSITORY,
            )
            database = padded
        command = [sys.executable, "-m", "bench.queries", str(database), str(self.repeats)]
        found = subprocess.run(command, check=True, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True).stdout
        self.keep("queries", json.loads(found))
