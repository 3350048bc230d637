"""Handle time, answer and abandon rates and waits of contacts."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from .clock import micros
from .company import Company
from .raw import Typed
from .sheet import Obs, Sheet, mean_of, percent_of, percentile_of
from .tickets import ANSWERED, UNKNOWN

OFFERED = ("answered", "abandoned", "callback_answered", "callback_missed")
SECOND = 1_000_000


def contact_end(company: Company, contact: Typed) -> datetime | None:
    """When a contact ended: its own end, else its last leg's, else when it was answered."""
    if contact["ended_at"] is not None:
        return contact["ended_at"]
    leg_ends = [
        leg["ended_at"]
        for leg in company.legs_of.get(contact["contact_id"], [])
        if leg["ended_at"] is not None
    ]
    return max(leg_ends) if leg_ends else contact["answered_at"]


def handle_seconds(leg: Typed) -> Fraction:
    """Talk, hold and wrap-up of one leg."""
    return leg["talk_seconds"] + (leg["hold_seconds"] or 0) + (leg["wrap_up_seconds"] or 0)


def _handle_time(company: Company, sheet: Sheet) -> None:
    observations = []
    for contact in company.raw.tables["raw_contacts"]:
        legs = company.legs_of.get(contact["contact_id"], [])
        end = contact_end(company, contact)
        if contact["outcome"] not in ANSWERED or not legs or end is None:
            continue
        day = company.clock.day(end)
        whole = company.row_members(contact, "channel", "queue", "customer_segment")
        observations.append(Obs(day, whole, n=sum(handle_seconds(leg) for leg in legs)))
        parts: dict[tuple[str, str], Fraction] = {}
        for leg in legs:
            for part in (("agent", leg["agent_id"] or UNKNOWN), ("team", company.team_of(leg["agent_id"]))):
                parts[part] = parts.get(part, Fraction(0)) + handle_seconds(leg)
        observations += [Obs(day, {dimension: (member,)}, n=n) for (dimension, member), n in parts.items()]
    sheet.add("average_handle_time", "standard", observations, mean_of)


def _calls(company: Company, sheet: Sheet) -> None:
    level = int(company.variables["service_level_seconds"]) * SECOND
    short = int(company.variables["short_abandon_seconds"]) * SECOND
    answered, in_time, abandoned, waits = [], [], [], []
    for contact in company.raw.tables["raw_contacts"]:
        outcome = contact["outcome"]
        if contact["direction"] != "inbound" or contact["channel"] != "phone" or outcome not in OFFERED:
            continue
        legs = company.legs_of.get(contact["contact_id"], [])
        members = {
            **company.row_members(contact, "channel", "queue", "customer_segment"),
            "agent": tuple({leg["agent_id"] or UNKNOWN for leg in legs}) or (UNKNOWN,),
            "team": tuple({company.team_of(leg["agent_id"]) for leg in legs}) or (UNKNOWN,),
        }
        day, offered = company.clock.day(contact["offered_at"]), contact["offered_at"]
        wait = micros(offered, contact["answered_at"]) if contact["answered_at"] is not None else None
        if outcome == "answered" and wait is not None:
            waits.append(Obs(day, members, n=Fraction(wait, SECOND)))
        gave_up_after = micros(offered, contact["ended_at"]) if contact["ended_at"] is not None else None
        if outcome == "abandoned" and short > 0 and gave_up_after is not None and gave_up_after <= short:
            continue
        answered.append(Obs(day, members, n=int(outcome in ANSWERED)))
        in_time.append(Obs(day, members, n=int(outcome == "answered" and wait is not None and wait <= level)))
        abandoned.append(Obs(day, members, n=int(outcome == "abandoned")))
    sheet.add("answer_rate", "standard", answered, percent_of)
    sheet.add("answer_rate_within_threshold", "standard", in_time, percent_of)
    sheet.add("abandon_rate", "standard", abandoned, percent_of)
    sheet.add("average_wait_time", "mean", waits, mean_of)
    sheet.add("average_wait_time", "median", waits, percentile_of(Fraction(1, 2)))
    sheet.add("average_wait_time", "p90", waits, percentile_of(Fraction(9, 10)))


def add_contact_kpis(company: Company, sheet: Sheet) -> None:
    """KPIs of contacts, when there are any; handle time also needs legs."""
    if company.has("raw_contacts"):
        _calls(company, sheet)
        if company.has("raw_contact_legs"):
            _handle_time(company, sheet)
