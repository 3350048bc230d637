"""The floor: what any warehouse of these files must do at the least. `python -m bench.floor FOLDER`.

One process that reads every column of every raw table once, and brings the events together once per ticket,
in order. No judgement of rows, no business hours, no KPI, nothing written. What a build takes, divided by
this, is comparable between machines and between noisy hours of one machine.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from .data import INSTANTS, columns_of, has_files, scan

# An event as one number: its instant, then what it is and whose. Sorted, they tell a ticket's story in order.
PACKED = """
    (epoch_us(occurred_at) // 1000) * 64
        + case event_type
            when 'message' then 0
            when 'status_change' then 8
            when 'priority_change' then 16
            when 'assignment' then 24
            when 'escalation' then 32
            else 40
        end
        + case actor_type when 'human_agent' then 0 when 'customer' then 1 when 'bot' then 2 else 3 end
        + case when is_public then 4 else 0 end
"""
PER_TICKET = """
select
    count(*) as tickets,
    sum(len(story)) as events,
    bit_xor(hash(story[1], story[-1])),
    bit_xor(rest)

from (
    select
        ticket_id,
        list_sort(list({packed})) as story,
        bit_xor(hash(event_id, actor_id, old_value, new_value, session_id, body, sentiment_label)) as rest

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
                row = connection.execute(PER_TICKET.format(source=source, packed=PACKED)).fetchall()[0]
                counts["tickets with events"], counts[table] = row[0], int(row[1])
            else:
                listed = ", ".join(columns_of(connection, source))
                query = f"select count(*), bit_xor(hash({listed})) from {source}"
                counts[table] = connection.execute(query).fetchall()[0][0]
    return counts


if __name__ == "__main__":
    for name, count in floor(Path(sys.argv[1])).items():
        print(f"{name}: {count}")
