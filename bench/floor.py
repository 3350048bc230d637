"""The floor: what any warehouse of these files must do at the least. `python -m bench.floor FOLDER`.

One process that reads every column of every raw table once, and brings the events together once per ticket:
first reply, first and last solve, replies, notes, solves, actors. No judgement of rows, no business hours, no
KPI, nothing written. What a build takes, divided by this, is comparable between machines and between noisy
hours of one machine.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from .data import INSTANTS, columns_of, has_files, scan

IS_REPLY = "event_type = 'message' and actor_type = 'human_agent' and is_public"
IS_SOLVE = "event_type = 'status_change' and new_value in ('solved', 'closed')"
PER_TICKET = """
select
    count(*) as tickets,
    sum(event_count) as events,
    sum(reply_count),
    sum(note_count),
    sum(solve_count),
    sum(customer_message_count),
    count(first_replied_at),
    count(first_solved_at),
    count(last_solved_at),
    count(last_reopened_at),
    bit_xor(rest)

from (
    select
        ticket_id,
        count(*) as event_count,
        count(*) filter (where {is_reply}) as reply_count,
        count(*) filter (where event_type = 'message' and not is_public) as note_count,
        count(*) filter (where {is_solve}) as solve_count,
        count(*) filter (where event_type = 'message' and actor_type = 'customer') as customer_message_count,
        min(occurred_at) filter (where {is_reply}) as first_replied_at,
        min(occurred_at) filter (where {is_solve}) as first_solved_at,
        max(occurred_at) filter (where {is_solve}) as last_solved_at,
        max(occurred_at) filter (
            where event_type = 'status_change' and old_value in ('solved', 'closed')
        ) as last_reopened_at,
        bit_xor(hash(event_id, actor_id, old_value, session_id, body, sentiment_label)) as rest

    from {source}
    group by ticket_id
) as tickets
"""


def floor(folder: Path) -> dict[str, int]:
    """Run the floor query on the Parquet files of a folder; rows by table, and tickets with events."""
    counts = {}
    with duckdb.connect() as connection:
        for table in INSTANTS:
            if not has_files(folder, table):
                continue
            source = scan(folder, table)
            if table == "raw_ticket_events":
                row = connection.execute(
                    PER_TICKET.format(source=source, is_reply=IS_REPLY, is_solve=IS_SOLVE)
                ).fetchall()[0]
                counts["tickets with events"], counts[table] = row[0], int(row[1])
            else:
                listed = ", ".join(columns_of(connection, source))
                query = f"select count(*), bit_xor(hash({listed})) from {source}"
                counts[table] = connection.execute(query).fetchall()[0][0]
    return counts


if __name__ == "__main__":
    for name, count in floor(Path(sys.argv[1])).items():
        print(f"{name}: {count}")
