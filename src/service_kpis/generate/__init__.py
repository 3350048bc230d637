"""A made-up company of any size: all raw tables, believable, consistent, the same for the same arguments.

Nothing here reads the clock, and no draw depends on the number of threads or of chunks. Some things are there
to be found: e-mail is answered ever later over the last five months; for the last three the billing team is
fast at the expense of satisfaction, and more of its tickets are reopened; a failed update eight months before
the end doubles the volume for four days and sours the mood on social networks.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from ..errors import UserError
from .company import TEAMS, agent_rows, build_company, customer_rows, subscription_rows
from .contacts import contact_tables
from .costs import cost_tables
from .digital import bot_tables, self_service_sessions, social_mentions
from .options import DEMO, GenerateOptions
from .sinks import Format, Sink
from .surveys import relationship_surveys, servqual_answers, ticket_surveys
from .tickets import build_tickets, event_columns

__all__ = ["DEMO", "GenerateOptions", "generate"]

_CHUNK = 250_000


def generate(
    tickets: int,
    seed: int,
    out: Path,
    format: Format = "csv",
    ends_on: date | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Write all raw tables of a made-up company and return the number of rows of each.

    tickets: rows of raw_tickets; with them come 6.5 times as many events and half as many contacts.
    seed: any integer; another seed is another company.
    out: folder for the files, made if it is missing; nothing appears in it before everything is written.
    format: `csv`, a file a table, or `parquet`, a file or (for many rows) a folder of parts a table.
    ends_on: last day (Europe/Paris) of the 18 months of history; 2026-06-30 if None.
    progress: called with (tickets done, tickets) as the work goes on.
    Raises UserError for arguments out of range and for an `out` that holds tables in the other format.
    """
    options = GenerateOptions(tickets, seed) if ends_on is None else GenerateOptions(tickets, seed, ends_on)
    if format not in ("csv", "parquet"):
        raise UserError(f"format must be csv or parquet, not {format}.")
    company = build_company(options)
    customers = len(company.customer_since)
    team_tickets = np.zeros((options.months, len(TEAMS)), dtype=np.int64)
    calls = np.zeros(options.months, dtype=np.int64)
    helped = np.zeros(options.months, dtype=np.int64)
    with Sink(Path(out), format) as sink:

        def written(table: str) -> int:
            return sink.rows.get(table, 0)

        sink.add("raw_agents", agent_rows(company))
        for low in range(0, customers, _CHUNK):
            high = min(low + _CHUNK, customers)
            sink.add("raw_customers", customer_rows(company, low, high))
            sink.add("raw_subscriptions", subscription_rows(company, low, high, written("raw_subscriptions")))
            sink.add(
                "raw_survey_responses",
                relationship_surveys(company, low, high, written("raw_survey_responses")),
            )
        for low in range(0, tickets, _CHUNK):
            high = min(low + _CHUNK, tickets)
            chunk = build_tickets(company, low, high)
            sink.add("raw_tickets", chunk.columns)
            sink.add("raw_ticket_events", event_columns(company, chunk, written("raw_ticket_events")))
            contacts, legs = contact_tables(
                company, chunk, written("raw_contacts"), written("raw_contact_legs")
            )
            sink.add("raw_contacts", contacts)
            sink.add("raw_contact_legs", legs)
            sink.add("raw_survey_responses", ticket_surveys(company, chunk, written("raw_survey_responses")))
            sink.add(
                "raw_servqual_answers", servqual_answers(company, chunk, written("raw_servqual_answers"))
            )
            sessions, on_pages = self_service_sessions(company, chunk, written("raw_self_service_sessions"))
            sink.add("raw_self_service_sessions", sessions)
            conversations, questions, helped_now = bot_tables(
                company, chunk, on_pages, written("raw_bot_conversations"), written("raw_bot_questions")
            )
            sink.add("raw_bot_conversations", conversations)
            sink.add("raw_bot_questions", questions)
            sink.add("raw_social_mentions", social_mentions(company, chunk, written("raw_social_mentions")))
            month = company.months_of(chunk.created)
            np.add.at(team_tickets, (month, chunk.lives.team), 1)
            np.add.at(calls, month[chunk.has_call], 1)
            helped += helped_now
            if progress is not None:
                progress(high, tickets)
        costs, rates = cost_tables(company, team_tickets, calls, helped)
        sink.add("raw_costs", costs)
        sink.add("raw_exchange_rates", rates)
        return dict(sorted(sink.rows.items()))
