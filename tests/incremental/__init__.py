"""Incremental runs against a full build of the same rows: every cell of every table must be the same.

`company.py` cuts a random scenario into rows of a first load and rows that are kept back; `changes.py` knows
what later loads may bring; `plan.py` is a list of loads as one line of text, which `replay.py` replays;
`warehouse.py` delivers files and runs dbt; `compare.py` tells two warehouses apart.
"""
