"""Replay loads and print what differs from a full build: python -m tests.incremental.replay PLAN_OR_SEED.

    python -m tests.incremental.replay 17
    python -m tests.incremental.replay "2 / @1 late:17 version:5 / @2 again:9" --every
    python -m tests.incremental.replay 17 18 19 --reduce

A seed is a number of your choice; a plan is what a failed test prints. The exit code is 1 if something
differs. Run it in the root of the repository.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from .plan import Plan, plan_of_seed, plan_of_text
from .warehouse import Warehouse


def smaller(plan: Plan) -> list[Plan]:
    """Plans with one load or one change less."""
    found = []
    for place, load in enumerate(plan.loads):
        before, after = plan.loads[:place], plan.loads[place + 1 :]
        if len(plan.loads) > 1:
            found.append(replace(plan, loads=before + after))
        if len(load.changes) > 1:
            for change in load.changes:
                rest = replace(load, changes=tuple(other for other in load.changes if other != change))
                found.append(replace(plan, loads=(*before, rest, *after)))
    return found


def reduce(warehouse: Warehouse, plan: Plan) -> Plan:
    """A plan that fails and of which nothing can be left out."""
    for candidate in smaller(plan):
        if any(outcome.wrong for outcome in warehouse.run(candidate)):
            print(f"still differs: {candidate}", flush=True)
            return reduce(warehouse, candidate)
    return plan


def main() -> int:
    """Replay each plan; 1 if any differs."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.incremental.replay", description=__doc__.splitlines()[0]
    )
    parser.add_argument("plans", nargs="+", metavar="PLAN_OR_SEED")
    parser.add_argument("--every", action="store_true", help="compare after every load, not only the last")
    parser.add_argument("--reduce", action="store_true", help="leave out what a failing plan does not need")
    parser.add_argument("--rows", type=int, default=3, help="rows shown of each table (default 3)")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it there")
    options = parser.parse_args()

    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        warehouse = Warehouse(folder.resolve())
        for words in options.plans:
            plan = plan_of_seed(int(words)) if words.isdigit() else plan_of_text(words)
            print(f"plan {plan}", flush=True)
            outcomes = warehouse.run(plan, options.every, options.rows)
            print(*outcomes, sep="\n", flush=True)
            if outcomes[-1].wrong:
                failed = True
                if options.reduce:
                    print(f"smallest: {reduce(warehouse, plan)}")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
