"""Speed, quality, volume and efficiency of tickets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction

from .clock import GRAINS, next_period
from .company import Company
from .sheet import Measure, Obs, Sheet, count_of, mean_of, percent_of, percentile_of, quotient
from .tickets import DONE, MINUTE, Event, Ticket, window_hours

HALF, NINE_TENTHS = Fraction(1, 2), Fraction(9, 10)


def minutes(micro: int) -> Fraction:
    """Microseconds as exact minutes."""
    return Fraction(micro, MINUTE)


def add_durations(sheet: Sheet, kpi: str, clock: str, observations: list[Obs]) -> None:
    """Mean, median and ninth decile of one clock."""
    sheet.add(kpi, f"{clock}_mean", observations, mean_of)
    sheet.add(kpi, f"{clock}_median", observations, percentile_of(HALF))
    sheet.add(kpi, f"{clock}_p90", observations, percentile_of(NINE_TENTHS))


def _speed_of_replies(company: Company, sheet: Sheet) -> None:
    day, between = company.clock.day, company.durations.between
    for clock in ("business", "calendar"):
        firsts, responses = [], []
        for ticket in company.scope:
            reply = ticket.first_response
            if reply is not None:
                elapsed = between(ticket, clock, ticket.created_at, reply.at)
                if elapsed is not None:
                    members = company.ticket_members(ticket, reply.row["actor_id"])
                    firsts.append(Obs(day(reply.at), members, n=minutes(elapsed)))
            for response in ticket.responses:
                elapsed = between(ticket, clock, response.since, response.event.at)
                if elapsed is not None:
                    members = company.ticket_members(ticket, response.event.row["actor_id"])
                    responses.append(Obs(day(response.event.at), members, n=minutes(elapsed)))
        add_durations(sheet, "first_response_time", clock, firsts)
        add_durations(sheet, "average_response_time", clock, responses)
        if clock == "business":
            for band in company.raw.policy["response_time_bands"]:
                upper = Fraction(band["upper_minutes"])
                within = [Obs(obs.day, obs.members, n=int(obs.n <= upper)) for obs in firsts]
                sheet.add("response_time_bands", band["band_key"], within, percent_of)


def _first_response_sla(company: Company, sheet: Sheet) -> None:
    observations = []
    for ticket in company.scope:
        reply = ticket.first_response
        if reply is None:
            continue
        since, priority = ticket.priority_at(reply.at)
        target = company.policies.target(ticket, "first_response", priority, since)
        if target is None:
            continue
        elapsed = company.durations.between(ticket, target.clock, ticket.created_at, reply.at)
        if elapsed is None:
            continue
        members = company.ticket_members(ticket, reply.row["actor_id"])
        observations.append(
            Obs(company.clock.day(reply.at), members, n=int(minutes(elapsed) <= target.minutes))
        )
    sheet.add("first_response_sla_pct", "standard", observations, percent_of)


def _resolution(company: Company, sheet: Sheet) -> None:
    day = company.clock.day
    within_sla: list[Obs] = []
    elapsed_of: dict[str, list[Obs]] = {"calendar": [], "business": []}
    to_first: list[Obs] = []
    for ticket in solved_tickets(company):
        last = ticket.solves[-1].event.at
        members = company.resolver_members(ticket)
        for clock, observations in elapsed_of.items():
            elapsed = company.durations.between(ticket, clock, ticket.created_at, last)
            if elapsed is not None:
                observations.append(Obs(day(last), members, n=minutes(elapsed)))
        first = company.durations.between(ticket, "calendar", ticket.created_at, ticket.solves[0].event.at)
        assert first is not None
        to_first.append(Obs(day(last), members, n=minutes(first)))
        since, priority = ticket.priority_at(last)
        target = company.policies.target(ticket, "resolution", priority, since)
        if target is None:
            continue
        elapsed = company.durations.without_pauses(ticket, target.clock, last, pauses(company))
        if elapsed is not None:
            within_sla.append(Obs(day(last), members, n=int(minutes(elapsed) <= target.minutes)))
    for clock, observations in elapsed_of.items():
        add_durations(sheet, "resolution_time", clock, observations)
    sheet.add("resolution_time", "first_solve_mean", to_first, mean_of)
    sheet.add("resolution_sla_pct", "standard", within_sla, percent_of)


def pauses(company: Company) -> list[str]:
    """Statuses in which the resolution clock stands still."""
    return [str(status) for status in company.variables["sla_pause_statuses"]]


def solved_tickets(company: Company) -> list[Ticket]:
    """In-scope tickets that are solved now and have a solve to be dated by."""
    return [ticket for ticket in company.scope if ticket.is_solved_now and ticket.solves]


def _quality(company: Company, sheet: Sheet) -> None:
    day = company.clock.day
    contacts, repeats = [], []
    for solve in company.first_solves():
        members = company.resolver_members(solve.ticket)
        immature = not solve.is_mature
        contacts.append(Obs(day(solve.at), members, n=int(solve.is_fcr), immature=immature))
        repeats.append(Obs(day(solve.at), members, n=int(solve.is_repeated), immature=immature))
    sheet.add("fcr_rate", "standard", contacts, percent_of)
    sheet.add("repeat_contact_rate", "standard", repeats, percent_of)

    reopenings, reopened, escalated = [], [], []
    window = window_hours(days=company.variables["reopen_window_days"])
    for ticket in company.scope:
        members = company.resolver_members(ticket)
        for reopening in ticket.reopenings:
            reopenings.append(Obs(day(reopening.event.at), members, n=1))
        if ticket.solves:
            at = ticket.solves[0].event.at
            is_reopened = any(at < reopening.event.at <= at + window for reopening in ticket.reopenings)
            reopened.append(
                Obs(day(at), members, n=int(is_reopened), immature=not company.has_ended(at, window))
            )
        if ticket.human_actions:
            agent_id = ticket.human_actions[0].row["actor_id"]
            if company.tier_of(agent_id) == 1:
                is_escalated = any(
                    event.row["event_type"] == "escalation" and event.row["actor_type"] != "bot"
                    for event in ticket.events
                )
                members = company.ticket_members(ticket, agent_id)
                escalated.append(Obs(day(ticket.created_at), members, n=int(is_escalated)))
    sheet.add("reopen_count", "standard", reopenings, count_of)
    sheet.add("reopen_rate", "standard", reopened, percent_of)
    sheet.add("escalation_rate", "standard", escalated, percent_of)


def business_days(company: Company, grain: str, start: date) -> int | None:
    """Begun days of a period with any opening of the default calendar; None when that calendar is unknown."""
    calendar_id = str(company.variables["default_calendar_id"])
    if not company.calendars.is_known(calendar_id):
        return None
    return sum(1 for day in begun_days(company, grain, start) if company.calendars.openings(calendar_id, day))


def begun_days(company: Company, grain: str, start: date) -> list[date]:
    """The days of a period that have begun."""
    days, day = [], start
    while day < next_period(start, grain) and company.clock.has_begun(day):
        days.append(day)
        day += timedelta(days=1)
    return days


def _volume(company: Company, sheet: Sheet) -> None:
    day = company.clock.day
    created, cohort, resolved, newcomers = [], [], [], []
    firsts: dict[str, Ticket] = {}
    for ticket in company.scope:
        members = company.owner_members(ticket)
        created.append(Obs(day(ticket.created_at), members, n=1))
        cohort.append(Obs(day(ticket.created_at), members, n=int(ticket.is_solved_now)))
        is_answered = bool(ticket.replies) or any(
            event.is_public_message and event.row["actor_type"] == "bot" for event in ticket.events
        )
        customer_id = ticket.row["customer_id"]
        if is_answered and customer_id is not None:
            known = firsts.get(customer_id)
            if known is None or (ticket.created_at, ticket.id) < (known.created_at, known.id):
                firsts[customer_id] = ticket
    for ticket in solved_tickets(company):
        resolved.append(Obs(day(ticket.solves[-1].event.at), company.resolver_members(ticket), n=1))
    for ticket in firsts.values():
        newcomers.append(Obs(day(ticket.created_at), company.owner_members(ticket), n=1))
    sheet.add("ticket_volume", "standard", created, count_of)
    sheet.add("resolution_rate", "standard", cohort, percent_of)
    sheet.add("tickets_resolved", "standard", resolved, count_of)
    sheet.add("new_customers_supported", "standard", newcomers, count_of)

    known_days: dict[tuple[str, date], int | None] = {}

    def per_business_day(group: list[Obs], grain: str, start: date) -> Measure:
        if (grain, start) not in known_days:
            known_days[(grain, start)] = business_days(company, grain, start)
        days = known_days[(grain, start)]
        return Measure(len(group), days, quotient(len(group), days), days or 0)

    sheet.add("tickets_resolved_per_business_day", "standard", resolved, per_business_day, needs_period=True)


def _actions(company: Company, sheet: Sheet) -> None:
    handled, pairs = [], []
    for ticket in company.scope:
        for action in ticket.human_actions:
            agent_id, day = action.row["actor_id"], company.clock.day(action.at)
            members = company.ticket_members(ticket, agent_id)
            handled.append(Obs(day, members, item=(day, ticket.id)))
            if agent_id is not None:
                pairs.append(Obs(day, members, item=(agent_id, ticket.id)))

    def per_day(group: list[Obs], grain: str, start: date) -> Measure:
        count, days = len({obs.item for obs in group}), len(begun_days(company, grain, start))
        return Measure(count, days, quotient(count, days), days)

    def per_agent(group: list[Obs]) -> Measure:
        distinct = {obs.item for obs in group}
        agents = {agent_id for agent_id, _ in distinct}
        return Measure(len(distinct), len(agents), quotient(len(distinct), len(agents)), len(agents))

    sheet.add("tickets_handled_per_day", "standard", handled, per_day, needs_period=True)
    sheet.add("tickets_per_agent", "standard", pairs, per_agent)


def _effort(company: Company, sheet: Sheet) -> None:
    interactions, touches = [], []
    for ticket in solved_tickets(company):
        last = ticket.solves[-1].event.at
        members = company.resolver_members(ticket)
        interactions.append(Obs(company.clock.day(last), members, n=ticket.reply_units_until(last)))
        touches.append(Obs(company.clock.day(last), members, n=ticket.touches_until(last)))
    sheet.add("interactions_per_ticket", "standard", interactions, mean_of)
    sheet.add("agent_touches_per_ticket", "standard", touches, mean_of)


# --- stocks ---------------------------------------------------------------------------------------


def _has_replied(reply: Event | None, end: datetime, is_running: bool) -> bool:
    return reply is not None and (is_running or reply.at < end)


def _is_overdue(company: Company, ticket: Ticket, metric: str, end: datetime, is_running: bool) -> bool:
    since, priority = ticket.priority_at(end, include=is_running)
    target = company.policies.target(ticket, metric, priority, since)
    if target is None:
        return False
    if metric == "first_response":
        elapsed = company.durations.between(ticket, target.clock, ticket.created_at, end)
    else:
        elapsed = company.durations.without_pauses(ticket, target.clock, end, pauses(company))
    return elapsed is not None and minutes(elapsed) > target.minutes


def _stocks(company: Company, sheet: Sheet) -> None:
    stocks: dict[str, dict[str, list[Obs]]] = {
        kpi: {grain: [] for grain in GRAINS}
        for kpi in ("open_backlog", "overdue_open_first_response", "overdue_open_resolution")
    }
    members_of = {ticket.id: company.owner_members(ticket) for ticket in company.scope}
    for grain in GRAINS:
        for start in sheet.periods(grain):
            end = company.clock.begins(next_period(start, grain))
            is_running = end > company.as_of
            end = min(end, company.as_of)
            for ticket in company.scope:
                if not is_running and ticket.created_at >= end:
                    continue
                if ticket.status_before(None if is_running else end) in DONE:
                    continue
                obs = Obs(start, members_of[ticket.id], n=1)
                stocks["open_backlog"][grain].append(obs)
                if not _has_replied(ticket.first_response, end, is_running) and _is_overdue(
                    company, ticket, "first_response", end, is_running
                ):
                    stocks["overdue_open_first_response"][grain].append(obs)
                if _is_overdue(company, ticket, "resolution", end, is_running):
                    stocks["overdue_open_resolution"][grain].append(obs)
    for kpi, by_grain in stocks.items():
        for grain, observations in by_grain.items():
            sheet.add(kpi, "standard", observations, count_of, grains=(grain,))


def add_ticket_kpis(company: Company, sheet: Sheet) -> None:
    """All KPIs that need only tickets, events, agents, customers and the policy."""
    steps: Iterable = (
        _speed_of_replies,
        _first_response_sla,
        _resolution,
        _quality,
        _volume,
        _actions,
        _effort,
        _stocks,
    )
    for step in steps:
        step(company, sheet)
