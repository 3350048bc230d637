"""Retention, churn and customers at risk, from subscriptions."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from .clock import next_period
from .company import Company
from .kpis_social import texts
from .kpis_surveys import QUARTER, ces_ease, csat_share, nps_bucket
from .sheet import Obs, Sheet, count_of, percent_of
from .tickets import UNKNOWN

LONG_GRAINS = ("month", "quarter", "year")


def active_on(company: Company, day: date) -> set[str]:
    """Customers with a subscription that covers the day."""
    return {
        row["customer_id"]
        for row in company.raw.tables["raw_subscriptions"]
        if row["started_on"] <= day and (row["ended_on"] is None or day < row["ended_on"])
    }


def _members(company: Company, customer_id: str) -> dict[str, tuple[str, ...]]:
    return {"overall": ("all",), "customer_segment": (company.segments.get(customer_id) or UNKNOWN,)}


def _retention(company: Company, sheet: Sheet) -> None:
    for grain in LONG_GRAINS:
        kept, lost, left = [], [], []
        complete = [start for start in sheet.periods(grain) if company.clock.is_complete(start, grain)]
        for start in complete:
            last = next_period(start, grain) - timedelta(days=1)
            at_start, at_end = active_on(company, start - timedelta(days=1)), active_on(company, last)
            ever, day = set(at_start), start
            while day <= last:
                ever |= active_on(company, day)
                day += timedelta(days=1)
            for customer_id in at_start:
                members = _members(company, customer_id)
                kept.append(Obs(start, members, n=int(customer_id in at_end)))
                lost.append(Obs(start, members, n=int(customer_id not in at_end)))
            left += [Obs(start, _members(company, one), n=int(one not in at_end)) for one in ever]
        sheet.add(
            "customer_retention_rate", "standard", kept, percent_of, grains=(grain,), is_only_complete=True
        )
        sheet.add("churn_rate_start", "standard", lost, percent_of, grains=(grain,), is_only_complete=True)
        sheet.add("churn_rate_period", "standard", left, percent_of, grains=(grain,), is_only_complete=True)


def _signs(company: Company) -> dict[str, dict[str, list[tuple[datetime, bool]]]]:
    """customer -> criterion -> (instant, is a bad sign). Only texts hold good signs too."""
    signs: dict[str, dict[str, list[tuple[datetime, bool]]]] = {}

    def note(customer_id: str | None, criterion: str, at: datetime, is_bad: bool = True) -> None:
        if customer_id is not None:
            signs.setdefault(customer_id, {}).setdefault(criterion, []).append((at, is_bad))

    for row in company.rated("nps"):
        if nps_bucket(row["score"]) == "detractor":
            note(company.customer_of(row), "answer", row["answered_at"])
    for row in company.rated("csat"):
        if csat_share(row) <= QUARTER:
            note(company.customer_of(row), "answer", row["answered_at"])
    for row in company.rated("ces"):
        if ces_ease(row) <= 3:
            note(company.customer_of(row), "effort", row["answered_at"])
    for solve in company.first_solves():
        if solve.is_mature and solve.is_repeated:
            note(solve.ticket.row["customer_id"], "again", solve.at)
    for ticket in company.scope:
        for reopening in ticket.reopenings:
            note(ticket.row["customer_id"], "again", reopening.event.at)
    for text in texts(company):
        if text.label is not None:
            note(text.customer_id, "texts", text.at, text.label == "negative")
    return signs


def _at_risk(company: Company, sheet: Sheet) -> None:
    signs = _signs(company)
    for grain in LONG_GRAINS:
        found = []
        for start in sheet.periods(grain):
            end = company.clock.begins(next_period(start, grain))
            is_running = end > company.as_of
            end = min(end, company.as_of)
            since = end - timedelta(hours=90 * 24)
            last_day = company.clock.day(end - timedelta(microseconds=1))
            for customer_id in active_on(company, last_day):
                count = 0
                for criterion, noted in signs.get(customer_id, {}).items():
                    bad = [is_bad for at, is_bad in noted if since <= at and (at < end or is_running)]
                    if criterion == "texts":
                        count += int(2 * sum(bad) > len(bad))
                    else:
                        count += int(any(bad))
                if count >= 2:
                    found.append(Obs(start, _members(company, customer_id), n=1))
        sheet.add("customers_at_risk", "standard", found, count_of, grains=(grain,))


def add_loyalty_kpis(company: Company, sheet: Sheet) -> None:
    """KPIs of subscriptions, when there are any."""
    if company.has("raw_subscriptions"):
        _retention(company, sheet)
        _at_risk(company, sheet)
