"""raw_costs and raw_exchange_rates: what the service costs, month by month, in euros and Canadian dollars."""

from __future__ import annotations

from datetime import date

import numpy as np

from .columns import Column, Days, Decimals, Ids, Words
from .company import CHANNELS, CHAT, MONTREAL, PHONE, TEAMS, Company
from .draws import IntArray

_CATEGORIES = (
    "salaries",
    "software",
    "telephony",
    "outsourcing",
    "training",
    "automation_fixed",
    "automation_usage",
)
SALARIES, SOFTWARE, TELEPHONY, OUTSOURCING, TRAINING, AUTOMATION_FIXED, AUTOMATION_USAGE = range(7)
_EPOCH = date(1970, 1, 1)
_CURRENCIES = ("EUR", "CAD")
EUR, CAD = range(2)

# Cents a ticket of the team; engineers cost more.
_SALARY_CENTS = (720, 700, 1_080, 1_050, 640, 1_900)


def cost_tables(
    company: Company, team_tickets: IntArray, calls: IntArray, helped: IntArray
) -> tuple[dict[str, Column], dict[str, Column]]:
    """raw_costs and raw_exchange_rates.

    team_tickets: tickets, of shape (months, teams); calls: of shape (months,); helped: conversations that the
    bot answered, of shape (months,).
    """
    draws = company.draws
    months = company.options.months
    first_days = np.array([(day - _EPOCH).days for day in company.options.month_starts])
    rows: list[tuple[int, int, int, int, int, int]] = []

    def vary(amount: int, name: str, key: int) -> int:
        return amount * (96_000 + int(draws.below(f"cost.{name}", np.array([key]), 8_001)[0])) // 100_000

    # Desks cost half by what a month usually brings, half by what it does bring.
    usual = team_tickets.sum(axis=0) // months
    for month in range(months):
        volume = int(team_tickets[month].sum())
        for team, cents in enumerate(_SALARY_CENTS):
            amount = cents * (int(usual[team]) + int(team_tickets[month, team])) // 2
            currency = CAD if team == MONTREAL else EUR
            if amount:
                rows.append((month, SALARIES, team, -1, vary(amount, "salaries", month * 8 + team), currency))
        rows.append((month, SOFTWARE, -1, -1, vary(8_000 + 85 * int(usual.sum()), "software", month), EUR))
        rows.append(
            (month, TELEPHONY, -1, PHONE, vary(3_000 + 46 * int(calls[month]), "telephony", month), EUR)
        )
        rows.append((month, OUTSOURCING, MONTREAL, -1, vary(2_000 + 130 * volume, "outsourcing", month), CAD))
        if month % 3 == 2:
            rows.append(
                (
                    month,
                    TRAINING,
                    int(draws.below("cost.trained", np.array([month]), 4)[0]),
                    -1,
                    vary(4_000 + 30 * volume, "training", month),
                    EUR,
                )
            )
        rows.append((month, AUTOMATION_FIXED, -1, CHAT, 3_900 + 12 * int(usual.sum()), EUR))
        rows.append((month, AUTOMATION_USAGE, -1, CHAT, 79 * int(helped[month]), EUR))
    # The telephone company paid back what it had charged twice.
    month = max(months - 8, 0)
    rows.append((month, TELEPHONY, -1, PHONE, -(1_500 + 11 * int(calls[month])), EUR))
    rows.sort(key=lambda row: row[0])

    values = np.array(rows, dtype=np.int64)
    costs: dict[str, Column] = {
        "cost_id": Ids(np.arange(len(rows)), "F"),
        # Any day of the month will do: bills are dated when they come.
        "cost_month": Days(first_days[values[:, 0]] + draws.below("cost.day", np.arange(len(rows)), 28)),
        "cost_category": Words(values[:, 1], _CATEGORIES),
        "team": Words(values[:, 2], TEAMS),
        "channel": Words(values[:, 3], CHANNELS),
        "amount": Decimals(values[:, 4], 2),
        "currency_code": Words(values[:, 5], _CURRENCIES),
    }
    walk = np.cumsum(draws.below("cost.rate", np.arange(months), 181) - 90)
    rates: dict[str, Column] = {
        "currency_code": Words(np.full(months, CAD), _CURRENCIES),
        "rate_month": Days(first_days),
        "rate": Decimals(np.clip(6_700 + walk, 5_800, 7_600), 4),
    }
    return costs, rates
