"""Self-service, bots and AI answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .company import Company
from .raw import Typed
from .sheet import Measure, Obs, Sheet, percent_of, quotient, wilson
from .tickets import window_hours


def _tickets_within(company: Company, customer_id: str | None, start: datetime, end: datetime) -> bool:
    return any(start <= ticket.created_at <= end for ticket in company.tickets_of.get(customer_id or "", []))


def _sessions(company: Company, sheet: Sheet) -> None:
    window = window_hours(hours=company.variables["self_service_window_hours"])
    usage, success = [], []
    for row in company.raw.tables["raw_self_service_sessions"]:
        started, day = row["started_at"], company.clock.day(row["started_at"])
        is_followed = _tickets_within(company, row["customer_id"], started, started + window)
        immature = not company.has_ended(started, window)
        members = company.row_members(row, "tool", "topic", "customer_segment")
        success.append(Obs(day, members, immature=immature, item=(row, is_followed)))
        if row["customer_id"] is not None:
            members = company.row_members(row, "customer_segment")
            usage.append(
                Obs(day, members, immature=immature, item=(row["customer_id"], "session", is_followed))
            )
    for ticket in company.scope:
        if ticket.row["customer_id"] is not None:
            members = company.row_members(ticket.row, "customer_segment")
            usage.append(
                Obs(
                    company.clock.day(ticket.created_at),
                    members,
                    item=(ticket.row["customer_id"], "ticket", False),
                )
            )

    def usage_of(group: list[Obs]) -> Measure:
        everyone = {obs.item[0] for obs in group}
        with_session = {customer for customer, kind, _ in (obs.item for obs in group) if kind == "session"}
        followed = {customer for customer, _, is_followed in (obs.item for obs in group) if is_followed}
        n, d = len(with_session - followed), len(everyone)
        return Measure(n, d, quotient(n, d, 100), d, wilson(n, d))

    def success_of(group: list[Obs]) -> Measure:
        visits: dict[str, list[tuple[Typed, bool]]] = {}
        for obs in group:
            visits.setdefault(obs.item[0]["visitor_id"], []).append(obs.item)
        n, d = sum(1 for sessions in visits.values() if _found(sessions)), len(visits)
        return Measure(n, d, quotient(n, d, 100), d, wilson(n, d))

    sheet.add("self_service_usage_rate", "standard", usage, usage_of)
    sheet.add("self_service_success_rate", "standard", success, success_of)


def _found(sessions: list[tuple[Typed, bool]]) -> bool:
    """Whether a visitor found the answer in any of these (session, followed by a ticket)."""
    if any(row["feedback"] == "helpful" for row, _ in sessions):
        return True
    if any(row["feedback"] == "not_helpful" for row, _ in sessions):
        return False
    return any((row["article_view_count"] or 0) >= 1 and not is_followed for row, is_followed in sessions)


def bot_observations(company: Company) -> list[Obs]:
    """One per bot conversation: resolved or not, immature or not."""
    return [
        Obs(
            company.clock.day(row["started_at"]),
            company.row_members(row, "channel", "topic", "customer_segment"),
            n=int(company.is_bot_resolved(row)),
            immature=not company.is_mature_conversation(row),
            item=row,
        )
        for row in company.raw.tables["raw_bot_conversations"]
    ]


def _bots(company: Company, sheet: Sheet) -> None:
    conversations = bot_observations(company)
    sheet.add("chatbot_resolution_rate", "standard", conversations, percent_of)
    ai_window = window_hours(hours=company.variables["ai_window_hours"])
    tickets = [
        Obs(
            company.clock.day(ticket.created_at),
            company.row_members(ticket.row, "channel", "topic", "customer_segment"),
            immature=not company.has_ended(ticket.created_at, ai_window),
        )
        for ticket in company.scope
        if not company.comes_from_conversation(ticket)
    ]
    sheet.add("automation_rate", "standard", conversations + tickets, percent_of)

    window = window_hours(hours=company.variables["self_service_window_hours"])
    sessions = []
    for row in company.raw.tables["raw_self_service_sessions"]:
        customer_id, started = row["customer_id"], row["started_at"]
        if customer_id is None:
            continue
        is_followed = _tickets_within(company, customer_id, started, started + window) or any(
            other["customer_id"] == customer_id and started <= other["started_at"] <= started + window
            for other in company.raw.tables["raw_bot_conversations"]
        )
        if is_followed:
            continue
        has_found = row["feedback"] == "helpful" or (
            (row["article_view_count"] or 0) >= 1 and row["feedback"] != "not_helpful"
        )
        sessions.append(
            Obs(
                company.clock.day(started),
                company.row_members(row, "channel", "topic", "customer_segment"),
                n=int(has_found),
                immature=not company.has_ended(started, ai_window),
            )
        )
    sheet.add("ai_deflection_rate", "standard", conversations + sessions + tickets, percent_of)
    routine = [obs for obs in conversations if obs.item["is_routine"] is True]
    sheet.add("ai_deflection_rate", "routine", routine, percent_of)


def _questions(company: Company, sheet: Sheet) -> None:
    graded, asked, unanswered = [], [], []
    for row in company.raw.tables["raw_bot_questions"]:
        day, members = (
            company.clock.day(row["asked_at"]),
            company.row_members(row, "topic", "customer_segment"),
        )
        if row["grade"] is not None:
            graded.append(Obs(day, members, n=int(row["grade"] == "correct")))
        asked.append(Obs(day, members, n=int(not row["is_answered"])))
        if not row["is_answered"] and row["topic"] is not None:
            unanswered.append(Obs(day, {"overall": ("all",)}, item=row["topic"]))
    sheet.add("ai_answer_accuracy", "standard", graded, percent_of)
    sheet.add("unanswered_question_rate", "standard", asked, percent_of)
    least = int(company.variables["gap_min_questions"])

    def gaps_of(group: list[Obs]) -> Measure:
        counts: dict[Any, int] = {}
        for obs in group:
            counts[obs.item] = counts.get(obs.item, 0) + 1
        total = sum(1 for count in counts.values() if count >= least)
        return Measure(total, None, total, total)

    sheet.add("knowledge_gap_count", "standard", unanswered, gaps_of)


def add_self_service_kpis(company: Company, sheet: Sheet) -> None:
    """Each group only when the table that it is about has rows."""
    if company.has("raw_self_service_sessions"):
        _sessions(company, sheet)
    if company.has("raw_bot_conversations"):
        _bots(company, sheet)
    if company.has("raw_bot_questions"):
        _questions(company, sheet)
