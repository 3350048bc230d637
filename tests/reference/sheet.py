"""The long table: observations gathered into periods and members, and one row for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import sqrt
from typing import Any

from .clock import GRAINS, Clock, next_period, period_start

Number = Any
Key = tuple[str, str, str, date, str, str]
Z = 1.96

UNITS = {
    "first_response_time": "minutes",
    "average_response_time": "minutes",
    "response_time_bands": "percent",
    "first_response_sla_pct": "percent",
    "resolution_sla_pct": "percent",
    "resolution_time": "minutes",
    "social_response_time": "minutes",
    "social_response_rate": "percent",
    "overdue_open_first_response": "count",
    "overdue_open_resolution": "count",
    "fcr_rate": "percent",
    "repeat_contact_rate": "percent",
    "csat_avg": "score",
    "csat_satisfied_pct": "percent",
    "csat_neutral_pct": "percent",
    "csat_negative_pct": "percent",
    "ces_avg": "score",
    "ces_agree_pct": "percent",
    "ces_disagree_pct": "percent",
    "qos_score": "score",
    "servqual_gap": "points",
    "reopen_count": "count",
    "reopen_rate": "percent",
    "escalation_rate": "percent",
    "customer_sentiment_positive_pct": "percent",
    "customer_sentiment_neutral_pct": "percent",
    "customer_sentiment_negative_pct": "percent",
    "net_sentiment": "points",
    "social_net_sentiment": "points",
    "sentiment_coverage_pct": "percent",
    "survey_response_rate": "percent",
    "nps": "points",
    "nps_promoters_pct": "percent",
    "nps_passives_pct": "percent",
    "nps_detractors_pct": "percent",
    "customer_retention_rate": "percent",
    "churn_rate_period": "percent",
    "churn_rate_start": "percent",
    "customers_at_risk": "count",
    "ticket_volume": "count",
    "tickets_resolved": "count",
    "tickets_resolved_per_business_day": "tickets",
    "tickets_handled_per_day": "tickets",
    "new_customers_supported": "count",
    "social_mentions": "count",
    "resolution_rate": "percent",
    "open_backlog": "count",
    "average_handle_time": "seconds",
    "interactions_per_ticket": "replies",
    "agent_touches_per_ticket": "touches",
    "tickets_per_agent": "tickets",
    "support_cost": "currency",
    "cost_per_resolution": "currency",
    "cost_per_interaction": "currency",
    "automation_cost_savings": "currency",
    "self_service_usage_rate": "percent",
    "self_service_success_rate": "percent",
    "chatbot_resolution_rate": "percent",
    "automation_rate": "percent",
    "ai_deflection_rate": "percent",
    "ai_answer_accuracy": "percent",
    "unanswered_question_rate": "percent",
    "knowledge_gap_count": "count",
    "answer_rate": "percent",
    "answer_rate_within_threshold": "percent",
    "abandon_rate": "percent",
    "average_wait_time": "seconds",
}


@dataclass(frozen=True)
class Row:
    """One row of `kpi_values` without its key."""

    numerator: float | None
    denominator: float | None
    value: float | None
    sample_count: int
    immature_count: int
    lower_bound: float | None
    upper_bound: float | None
    is_small_sample: bool | None
    is_complete_period: bool
    unit: str


@dataclass
class Obs:
    """One thing that a KPI counts: its local day, its members by dimension, what it adds above and below
    the line.

    `members` always names the dimensions it belongs to, `overall` among them; `size` is the rows it is in the
    denominator; an immature one is only counted as left out.
    """

    day: date
    members: dict[str, tuple[str, ...]]
    n: Number = 0
    d: Number = 1
    size: int = 1
    immature: bool = False
    item: Any = None


@dataclass
class Measure:
    """What a group of observations comes to."""

    n: Number | None
    d: Number | None
    value: Number | None
    sample: int
    bounds: tuple[float | None, float | None] = field(default=(None, None))


def quotient(n: Number | None, d: Number | None, scale: int = 1) -> Fraction | None:
    """scale·n/d, None where either is missing or d is 0."""
    if n is None or d is None or d == 0:
        return None
    return scale * Fraction(n) / Fraction(d)


def wilson(n: Number, d: Number) -> tuple[float | None, float | None]:
    """Wilson 95 % interval of n/d, times 100; (None, None) when d is 0."""
    if d == 0:
        return None, None
    count, share = float(d), float(n) / float(d)
    base = 1 + Z * Z / count
    centre = (share + Z * Z / (2 * count)) / base
    half = Z * sqrt(share * (1 - share) / count + Z * Z / (4 * count * count)) / base
    return 100 * (centre - half), 100 * (centre + half)


def adjusted_wald(promoters: int, detractors: int, answers: int) -> tuple[float | None, float | None]:
    """Adjusted-Wald 95 % interval of a net promoter score; (None, None) without answers."""
    if answers == 0:
        return None, None
    count = answers + 3
    up, down = (promoters + 0.75) / count, (detractors + 0.75) / count
    half = Z * sqrt((up + down - (up - down) ** 2) / count)
    return 100 * (up - down - half), 100 * (up - down + half)


def percentile(values: list[Number], share: Fraction) -> Fraction | None:
    """Continuous percentile: linear interpolation between the two nearest ranks; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = place.numerator // place.denominator
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (Fraction(ordered[high]) - ordered[low])


def count_of(group: list[Obs]) -> Measure:
    """A count: the sum above the line."""
    total = sum(obs.n for obs in group)
    return Measure(total, None, total, int(total))


def mean_of(group: list[Obs]) -> Measure:
    """A ratio of sums."""
    n, d = sum(obs.n for obs in group), sum(obs.d for obs in group)
    return Measure(n, d, quotient(n, d), sum(obs.size for obs in group))


def percent_of(group: list[Obs]) -> Measure:
    """A ratio of sums times 100, with its Wilson interval."""
    n, d = sum(obs.n for obs in group), sum(obs.d for obs in group)
    return Measure(n, d, quotient(n, d, 100), sum(obs.size for obs in group), wilson(n, d))


def net_of(group: list[Obs]) -> Measure:
    """A ratio of sums times 100, without an interval."""
    n, d = sum(obs.n for obs in group), sum(obs.d for obs in group)
    return Measure(n, d, quotient(n, d, 100), sum(obs.size for obs in group))


def percentile_of(share: Fraction) -> Callable[[list[Obs]], Measure]:
    """A percentile of what the observations hold above the line."""

    def measure(group: list[Obs]) -> Measure:
        values = [obs.n for obs in group]
        return Measure(None, len(values), percentile(values, share), len(values))

    return measure


class Sheet:
    """Collects the rows of `kpi_values`."""

    def __init__(
        self, clock: Clock, first_day: date, last_day: date, min_responses: int, currency: str
    ) -> None:
        self.clock, self.first_day, self.last_day = clock, first_day, last_day
        self.min_responses, self.currency = min_responses, currency
        self.rows: dict[Key, Row] = {}

    def periods(self, grain: str) -> list[date]:
        """First days of all periods between the first and the last day of the data."""
        starts, start = [], period_start(self.first_day, grain)
        while start <= self.last_day:
            starts.append(start)
            start = next_period(start, grain)
        return starts

    def put(
        self,
        kpi: str,
        variant: str,
        grain: str,
        start: date,
        dimension: str,
        member: str,
        measure: Measure,
        immature: int,
    ) -> None:
        """Write one row."""
        unit = self.currency if UNITS[kpi] == "currency" else UNITS[kpi]

        def real(number: Number | None) -> float | None:
            return None if number is None else float(number)

        self.rows[(kpi, variant, grain, start, dimension, member)] = Row(
            numerator=real(measure.n),
            denominator=real(measure.d),
            value=real(measure.value),
            sample_count=measure.sample,
            immature_count=immature,
            lower_bound=measure.bounds[0],
            upper_bound=measure.bounds[1],
            is_small_sample=None if unit == "count" else measure.sample < self.min_responses,
            is_complete_period=self.clock.is_complete(start, grain),
            unit=unit,
        )

    def add(
        self,
        kpi: str,
        variant: str,
        observations: Iterable[Obs],
        measure: Callable[..., Measure],
        grains: Iterable[str] = GRAINS,
        needs_period: bool = False,
        is_only_complete: bool = False,
    ) -> None:
        """Group observations by period and member and write every row; `overall` for every period.

        With `needs_period` the measure is called with (group, grain, first day of the period); with
        `is_only_complete` a period that has not ended by `as_of` gets no row.
        """
        observations = list(observations)
        for grain in grains:
            groups: dict[tuple[date, str, str], list[Obs]] = {
                (start, "overall", "all"): [] for start in self.periods(grain)
            }
            for obs in observations:
                start = period_start(obs.day, grain)
                for dimension, members in obs.members.items():
                    for member in members:
                        groups.setdefault((start, dimension, member), []).append(obs)
            for (start, dimension, member), group in groups.items():
                if is_only_complete and not self.clock.is_complete(start, grain):
                    continue
                mature = [obs for obs in group if not obs.immature]
                result = measure(mature, grain, start) if needs_period else measure(mature)
                self.put(kpi, variant, grain, start, dimension, member, result, len(group) - len(mature))
