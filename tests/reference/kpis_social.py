"""Social mentions and the sentiment of texts, by given labels only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .clock import micros
from .company import Company, Members
from .kpis_tickets import add_durations, minutes
from .raw import Typed
from .sheet import Obs, Sheet, count_of, net_of, percent_of
from .tickets import UNKNOWN

INBOUND = ("mention", "comment", "review")


@dataclass
class Text:
    """Something a customer wrote, with its given label if it has one."""

    at: datetime
    members: Members
    label: str | None
    customer_id: str | None


def _mention_members(company: Company, mention: Typed) -> Members:
    return company.row_members(mention, "network", "customer_segment")


def mention_texts(company: Company) -> list[Text]:
    """Inbound mentions, comments and reviews, public or private."""
    return [
        Text(
            row["posted_at"], _mention_members(company, row), row["sentiment_label"], company.customer_of(row)
        )
        for row in company.raw.tables["raw_social_mentions"]
        if row["mention_type"] in INBOUND
    ]


def texts(company: Company) -> list[Text]:
    """Every text of customers: mentions, answered surveys with words or a label, public messages."""
    found = mention_texts(company)
    for row in company.surveys:
        if row["answered_at"] is not None and (
            row["comment"] is not None or row["sentiment_label"] is not None
        ):
            members = {**company.row_members(row, "customer_segment"), "network": (UNKNOWN,)}
            found.append(Text(row["answered_at"], members, row["sentiment_label"], company.customer_of(row)))
    for ticket in company.scope:
        members = {**company.row_members(ticket.row, "customer_segment"), "network": (UNKNOWN,)}
        for event in ticket.events:
            if event.row["actor_type"] == "customer" and event.is_public_message:
                found.append(Text(event.at, members, event.row["sentiment_label"], ticket.row["customer_id"]))
    return found


def _net(label: str | None) -> int:
    return {"positive": 1, "negative": -1}.get(label or "", 0)


def add_social_kpis(company: Company, sheet: Sheet) -> None:
    """Sentiment always (tickets have messages); the social KPIs when there are mentions."""
    day = company.clock.day
    everything = texts(company)
    labelled = [text for text in everything if text.label is not None]
    for name in ("positive", "neutral", "negative"):
        shares = [Obs(day(text.at), text.members, n=int(text.label == name)) for text in labelled]
        sheet.add(f"customer_sentiment_{name}_pct", "standard", shares, percent_of)
    sheet.add(
        "net_sentiment", "standard", [Obs(day(t.at), t.members, n=_net(t.label)) for t in labelled], net_of
    )
    coverage = [Obs(day(text.at), text.members, n=int(text.label is not None)) for text in everything]
    sheet.add("sentiment_coverage_pct", "standard", coverage, percent_of)

    if not company.has("raw_social_mentions"):
        return
    social = [
        Obs(day(t.at), t.members, n=_net(t.label)) for t in mention_texts(company) if t.label is not None
    ]
    sheet.add("social_net_sentiment", "standard", social, net_of)
    needing, replied, public = [], [], []
    for row in company.raw.tables["raw_social_mentions"]:
        if row["mention_type"] not in INBOUND:
            continue
        members = _mention_members(company, row)
        if row["visibility"] == "public":
            public.append(Obs(day(row["posted_at"]), members, n=1))
        if row["needs_reply"] is False:
            continue
        reply = row["first_replied_at"]
        needing.append(Obs(day(row["posted_at"]), members, n=int(reply is not None)))
        if reply is not None:
            replied.append(Obs(day(reply), members, n=minutes(micros(row["posted_at"], reply))))
    add_durations(sheet, "social_response_time", "calendar", replied)
    sheet.add("social_response_rate", "standard", needing, percent_of)
    sheet.add("social_mentions", "standard", public, count_of)
