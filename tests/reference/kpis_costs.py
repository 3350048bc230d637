"""Costs, and what a resolution or an interaction costs."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from .clock import next_period, period_start
from .company import Company
from .kpis_contacts import contact_end
from .kpis_loyalty import LONG_GRAINS
from .kpis_self_service import bot_observations
from .kpis_tickets import solved_tickets
from .raw import Typed
from .sheet import Measure, Sheet, quotient
from .tickets import ANSWERED, UNKNOWN


def _begun_months(company: Company, grain: str, start: date) -> list[date]:
    months, month = [], start
    while month < next_period(start, grain) and company.clock.has_begun(month):
        months.append(month)
        month = next_period(month, "month")
    return months


def interaction_days(company: Company) -> list[date]:
    """Local day of every handled interaction: answered contacts (replies where there is no contact), bot
    talks."""
    days = [
        company.clock.day(row["started_at"])
        for row in company.raw.tables["raw_bot_conversations"]
        if row["answer_count"] >= 1
    ]
    if company.has("raw_contacts"):
        for contact in company.raw.tables["raw_contacts"]:
            end = contact_end(company, contact)
            if contact["outcome"] in ANSWERED and end is not None:
                days.append(company.clock.day(end))
    else:
        days += [company.clock.day(reply.at) for ticket in company.scope for reply in ticket.replies]
    return days


def add_cost_kpis(company: Company, sheet: Sheet) -> None:
    """Cost KPIs by month, quarter and year, when there are cost rows; savings also need bot conversations."""
    if not company.has("raw_costs"):
        return
    solved = solved_tickets(company)
    resolved_days = [company.clock.day(ticket.solves[-1].event.at) for ticket in solved]
    human_days = [company.clock.day(ticket.solves[-1].event.at) for ticket in solved if ticket.has_human]
    contact_days = interaction_days(company)
    automated = list(bot_observations(company))
    for grain in LONG_GRAINS:

        def count(days: list[date], start: date, grain: str = grain) -> int:
            return sum(1 for day in days if period_start(day, grain) == start)

        for start in sheet.periods(grain):
            months = _begun_months(company, grain, start)
            rows = [
                row for row in company.raw.tables["raw_costs"] if row["cost_month"].replace(day=1) in months
            ]
            is_known = {row["cost_month"].replace(day=1) for row in rows} == set(months)
            total = _sum(rows) if is_known else None

            def put(
                kpi: str,
                measure: Measure,
                immature: int = 0,
                dimension: str = "overall",
                member: str = "all",
                start: date = start,
                grain: str = grain,
            ) -> None:
                sheet.put(kpi, "standard", grain, start, dimension, member, measure, immature)

            put("support_cost", Measure(total, None, total, len(rows)))
            for dimension in ("team", "channel"):
                for member in sorted({row[dimension] or UNKNOWN for row in rows}):
                    own = [row for row in rows if (row[dimension] or UNKNOWN) == member]
                    amount = _sum(own) if is_known else None
                    put("support_cost", Measure(amount, None, amount, len(own)), 0, dimension, member)
            resolved, interactions = count(resolved_days, start), count(contact_days, start)
            put("cost_per_resolution", Measure(total, resolved, quotient(total, resolved), resolved))
            put(
                "cost_per_interaction",
                Measure(total, interactions, quotient(total, interactions), interactions),
            )
            if company.has("raw_bot_conversations"):
                here = [obs for obs in automated if period_start(obs.day, grain) == start]
                mature = [obs for obs in here if not obs.immature]
                resolutions = sum(obs.n for obs in mature)
                savings = None
                humans = count(human_days, start)
                of_people = [row for row in rows if not row["cost_category"].startswith("automation_")]
                if total is not None and humans > 0 and of_people:
                    human = _sum(of_people)
                    usage = _sum([row for row in rows if row["cost_category"] == "automation_usage"])
                    fixed = _sum([row for row in rows if row["cost_category"] == "automation_fixed"])
                    savings = resolutions * human / humans - usage - fixed
                put(
                    "automation_cost_savings",
                    Measure(savings, None, savings, resolutions),
                    len(here) - len(mature),
                )


def _sum(rows: list[Typed]) -> Fraction:
    return sum((row["amount_reporting"] for row in rows), Fraction(0))
