"""`make bench SIZE=1m`, or `python -m bench --size 1m`: tables in Markdown to stdout, progress to stderr."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .measure import CommandError
from .report import markdown
from .run import PARTS, Bench, tickets_of


def main() -> None:
    """Run the parts that were asked for and print what they took."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", default="100k", help="tickets: 100k, 1m, 10m or any number (default 100k)")
    parser.add_argument("--seed", type=int, default=42, help="seed of the made-up company (default 42)")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        metavar="PART",
        help=f"these parts alone ({', '.join(PARTS)}); what others measured before is kept",
    )
    parser.add_argument("--folder", type=Path, help="where data and databases go (default warehouse/bench)")
    parser.add_argument(
        "--repeats", type=int, default=200, help="times that each query is asked (default 200)"
    )
    parser.add_argument(
        "--pad",
        type=int,
        default=0,
        metavar="ROWS",
        help="bring kpi_values to so many rows before queries are asked",
    )
    parser.add_argument(
        "--memory", metavar="LIMIT", help="memory that DuckDB may use, such as 2GB (default: its own, 80 %%)"
    )
    parser.add_argument("--print", action="store_true", help="run nothing, print what was measured before")
    options = parser.parse_args()
    try:
        size = tickets_of(options.size)
    except ValueError as error:
        parser.error(str(error))
    bench = Bench(
        options.size.lower(), size, options.seed, options.folder, options.repeats, options.pad, options.memory
    )
    if not options.print:
        try:
            bench.run(options.only)
        except CommandError as error:
            sys.exit(f"error: {error}")
    print(markdown(bench.results_folder))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
