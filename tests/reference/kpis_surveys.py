"""CSAT, CES, NPS, response rate and SERVQUAL."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from .clock import GRAINS, period_start
from .company import Company
from .raw import Typed
from .sheet import Measure, Obs, Sheet, adjusted_wald, mean_of, percent_of, quotient

QUARTER, THREE_QUARTERS = Fraction(1, 4), Fraction(3, 4)


def csat_share(survey: Typed) -> Fraction:
    """Where a score lies on its scale, 0 to 1."""
    return Fraction(survey["score"] - survey["scale_min"]) / (survey["scale_max"] - survey["scale_min"])


def ces_ease(survey: Typed) -> Fraction:
    """Ease on 1 to 7, 7 being easiest, whichever way the question was put."""
    share = csat_share(survey)
    return 1 + 6 * ((1 - share) if str(survey["question_version"]).lower() == "ces_v1_effort" else share)


def nps_bucket(score: Fraction) -> str:
    """promoter, passive or detractor."""
    return "promoter" if score >= 9 else "detractor" if score <= 6 else "passive"


def _csat(company: Company, sheet: Sheet) -> None:
    shares = [
        (company.clock.day(row["answered_at"]), company.survey_members(row), csat_share(row))
        for row in company.rated("csat")
    ]
    sheet.add("csat_avg", "standard", [Obs(day, members, n=1 + 4 * s) for day, members, s in shares], mean_of)
    satisfied = [
        Obs(day, members, n=int(s >= THREE_QUARTERS))
        for day, members, s in shares
        if company.variables["csat_denominator"] == "all_rated" or s >= THREE_QUARTERS or s <= QUARTER
    ]
    neutral = [Obs(day, members, n=int(QUARTER < s < THREE_QUARTERS)) for day, members, s in shares]
    negative = [Obs(day, members, n=int(s <= QUARTER)) for day, members, s in shares]
    sheet.add("csat_satisfied_pct", "standard", satisfied, percent_of)
    sheet.add("csat_neutral_pct", "standard", neutral, percent_of)
    sheet.add("csat_negative_pct", "standard", negative, percent_of)


def _ces(company: Company, sheet: Sheet) -> None:
    eases = [
        (company.clock.day(row["answered_at"]), company.survey_members(row), ces_ease(row))
        for row in company.rated("ces")
    ]
    sheet.add("ces_avg", "standard", [Obs(day, members, n=ease) for day, members, ease in eases], mean_of)
    sheet.add(
        "ces_agree_pct",
        "standard",
        [Obs(day, members, n=int(e >= 5)) for day, members, e in eases],
        percent_of,
    )
    sheet.add(
        "ces_disagree_pct",
        "standard",
        [Obs(day, members, n=int(e <= 3)) for day, members, e in eases],
        percent_of,
    )


def nps_of(group: list[Obs]) -> Measure:
    """Promoters less detractors over answers, with the adjusted-Wald interval."""
    promoters = sum(1 for obs in group if obs.item == "promoter")
    detractors = sum(1 for obs in group if obs.item == "detractor")
    net = promoters - detractors
    return Measure(
        net,
        len(group),
        quotient(net, len(group), 100),
        len(group),
        adjusted_wald(promoters, detractors, len(group)),
    )


def _nps(company: Company, sheet: Sheet) -> None:
    rated = sorted(company.rated("nps"), key=lambda row: (row["answered_at"], row["response_id"]))
    for kind in ("relationship", "transactional"):
        for grain in GRAINS:
            latest: dict[tuple[date, str], Typed] = {}
            anonymous: list[Typed] = []
            for row in rated:
                if row["survey_kind"] != kind:
                    continue
                customer_id = company.customer_of(row)
                if customer_id is None:
                    anonymous.append(row)
                else:
                    latest[(period_start(company.clock.day(row["answered_at"]), grain), customer_id)] = row
            chosen = [
                Obs(
                    company.clock.day(row["answered_at"]),
                    company.survey_members(row),
                    item=nps_bucket(row["score"]),
                )
                for row in [*latest.values(), *anonymous]
            ]
            sheet.add("nps", kind, chosen, nps_of, grains=(grain,))
            for name in ("promoter", "passive", "detractor"):
                shares = [Obs(obs.day, obs.members, n=int(obs.item == name)) for obs in chosen]
                sheet.add(f"nps_{name}s_pct", kind, shares, percent_of, grains=(grain,))


def _response_rate(company: Company, sheet: Sheet) -> None:
    for variant in ("all", "csat", "ces", "nps"):
        delivered = [
            Obs(
                company.clock.day(row["sent_at"]),
                company.survey_members(row),
                n=int(row["answered_at"] is not None),
            )
            for row in company.surveys
            if row["sent_at"] is not None
            and row["is_delivered"] is not False
            and variant in ("all", row["survey_type"])
        ]
        sheet.add("survey_response_rate", variant, delivered, percent_of)


def _mean_of_dimensions(group: list[Obs], weights: dict[str, Fraction] | None) -> Measure:
    by_dimension: dict[str, list[Fraction]] = {}
    for obs in group:
        by_dimension.setdefault(obs.item, []).append(obs.n)
    n, d = Fraction(0), Fraction(0)
    for dimension, values in by_dimension.items():
        weight = Fraction(1) if weights is None else weights.get(dimension, Fraction(0))
        n += weight * sum(values) / len(values)
        d += weight
    return Measure(n, d, quotient(n, d), len(group))


def _servqual(company: Company, sheet: Sheet) -> None:
    given = company.variables["servqual_weights"]
    weights = {name: Fraction(str(weight)) for name, weight in given.items()} if given else None
    perceived, gaps = [], []
    for row in company.raw.tables["raw_servqual_answers"]:
        if row["expectation"] is None or row["perception"] is None:
            continue
        day, members = (
            company.clock.day(row["answered_at"]),
            company.row_members(row, "channel", "customer_segment"),
        )
        perceived.append(Obs(day, members, n=row["perception"], item=row["dimension"]))
        gaps.append(Obs(day, members, n=row["perception"] - row["expectation"], item=row["dimension"]))
    sheet.add("qos_score", "standard", perceived, lambda group: _mean_of_dimensions(group, None))
    sheet.add("servqual_gap", "standard", gaps, lambda group: _mean_of_dimensions(group, weights))
    for dimension in sorted({obs.item for obs in gaps}):
        sheet.add("servqual_gap", dimension, [obs for obs in gaps if obs.item == dimension], mean_of)


def add_survey_kpis(company: Company, sheet: Sheet) -> None:
    """KPIs of survey responses and SERVQUAL answers, each only when its table has rows."""
    if company.has("raw_survey_responses"):
        for step in (_csat, _ces, _nps, _response_rate):
            step(company, sheet)
    if company.has("raw_servqual_answers"):
        _servqual(company, sheet)
