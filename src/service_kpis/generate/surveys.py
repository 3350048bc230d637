"""raw_survey_responses and raw_servqual_answers: what customers say when asked."""

from __future__ import annotations

import numpy as np

from . import texts
from .columns import NULL, Column, Flags, Ids, Instants, Integers, Texts, Words, empty_texts
from .company import BILLING, CHANNELS, DAY, EMAIL, HOUR, LANGUAGES, PHONE, SOCIAL, Company
from .draws import BoolArray, FloatArray, IntArray
from .tickets import Tickets, is_hurried

_TYPES = ("csat", "ces", "nps")
CSAT, CES, NPS = range(3)
_VERSIONS = ("ces_v1_effort", "ces_v2_agreement")

# Where a standard normal is cut into the answers of mostly satisfied people, for each scale.
_CSAT_5 = np.array([-1.72, -1.28, -0.78, 0.18])
_CSAT_10 = np.array([-2.0, -1.75, -1.5, -1.25, -0.95, -0.7, -0.3, 0.25, 0.85])
_EASE_7 = np.array([-1.75, -1.35, -1.05, -0.7, -0.15, 0.6])
_NPS_11 = np.array([-2.1, -1.95, -1.8, -1.62, -1.42, -1.15, -0.85, -0.4, 0.1, 0.7])

_DIMENSIONS = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")
_ITEMS = (4, 5, 4, 4, 5)
_EXPECTED = (5.2, 6.4, 6.1, 5.9, 5.6)
_PERCEIVED = (5.4, 5.6, 5.3, 5.8, 5.3)


def ticket_surveys(company: Company, tickets: Tickets, first_id: int) -> dict[str, Column]:
    """Surveys sent after a solve: satisfaction, effort, or whether one would recommend the company."""
    draws = company.draws
    lives = tickets.lives
    may_ask = (
        (lives.last_solve != NULL)
        & (lives.solver != NULL)
        & (tickets.is_in_scope | draws.chance("survey.out_of_scope", tickets.number, 0.02))
        & (tickets.customer != NULL)
    )
    kind = draws.pick("survey.type", tickets.number, (66, 18, 8, 8))
    sent_all = lives.last_solve + 1_800 + draws.below("survey.sent", tickets.number, 2 * HOUR)
    rows = np.flatnonzero(may_ask & (kind < 3) & (sent_all < company.end))
    key, kind, sent = tickets.number[rows], kind[rows], sent_all[rows]
    team = lives.team[rows]

    # What shaped the impression.
    mood = 0.25 + draws.normal("survey.mood", key)
    mood = mood + 0.5 * (draws.uniform("agent.manner", lives.solver[rows]) - 0.5)
    mood = mood - 0.7 * lives.is_reopened[rows] - 0.35 * lives.is_escalated[rows]
    mood = mood - 0.12 * np.minimum(tickets.response_seconds[rows] / 10_000.0, 4.0)
    mood = (
        mood
        - np.where(is_hurried(company, team, lives.last_solve[rows]), 1.15, 0.0)
        + np.where(team == BILLING, 0.15, 0.0)
    )

    is_delivered = ~draws.chance("survey.undelivered", key, 0.035)
    share = np.array([0.38, 0.52, 0.44, 0.27, 0.36])[tickets.channel[rows]]
    answered = sent + draws.seconds("survey.delay", key, 16_000.0, 1.4)
    is_answered = is_delivered & draws.chance("survey.answered", key, share) & (answered < company.end)

    # The telephone robot asks for a digit from 1 to 10; the effort question was reworded half way.
    is_ten = (kind == CSAT) & (tickets.channel[rows] == PHONE)
    is_first_wording = (kind == CES) & (sent < company.start + (company.end - company.start) // 2)
    ease = np.searchsorted(_EASE_7, mood) + 1
    score = np.select(
        [is_ten, kind == CSAT, is_first_wording, kind == CES],
        [
            np.searchsorted(_CSAT_10, mood) + 1,
            np.searchsorted(_CSAT_5, mood) + 1,
            5 - (ease - 1) * 4 // 6,
            ease,
        ],
        default=np.searchsorted(_NPS_11, mood),
    )
    has_score = is_answered & ~draws.chance("survey.no_score", key, 0.02)
    language = company.language_of(tickets.customer[rows])
    sentiment = np.where(mood > 0.1, texts.POSITIVE, np.where(mood > -0.85, texts.NEUTRAL, texts.NEGATIVE))
    return {
        "response_id": Ids(first_id + np.arange(len(rows)), "R"),
        "survey_type": Words(kind, _TYPES),
        "survey_kind": Words(np.zeros(len(rows), dtype=np.int64), ("transactional", "relationship")),
        "question_version": Words(np.where(kind == CES, np.where(is_first_wording, 0, 1), -1), _VERSIONS),
        "ticket_id": Ids(key, "T"),
        "customer_id": Ids(tickets.customer[rows], "C"),
        # The tool that sends the surveys fills in the agent of some only.
        "agent_id": Ids(np.where(draws.chance("survey.agent", key, 0.6), lives.solver[rows], NULL), "A"),
        "channel": Words(
            np.where(draws.chance("survey.channel", key, 0.8), tickets.channel[rows], -1), CHANNELS
        ),
        "sent_at": Instants(sent),
        "is_delivered": Flags(is_delivered.astype(np.int64)),
        "answered_at": Instants(np.where(is_answered, answered, NULL)),
        "score": Integers(np.where(has_score, score, NULL)),
        "scale_min": Integers(np.where(is_ten | is_first_wording, 1, NULL)),
        "scale_max": Integers(np.where(is_ten, 10, np.where(is_first_wording, 5, NULL))),
        **_comments(company, "survey", key, language, sentiment, is_answered),
        "language_code": Words(language, LANGUAGES),
    }


def _comments(
    company: Company,
    name: str,
    key: IntArray,
    language: IntArray,
    sentiment: IntArray,
    is_answered: BoolArray,
) -> dict[str, Column]:
    """Comments of those who answered, with a label on a third of them."""
    draws = company.draws
    has_comment = is_answered & draws.chance(
        f"{name}.comment", key, np.where(sentiment == texts.NEGATIVE, 0.62, 0.34)
    )
    is_labelled = has_comment & draws.chance(f"{name}.labelled", key, 0.35)
    bodies = empty_texts(len(key))
    rows = np.flatnonzero(has_comment)
    bodies[rows] = texts.comments(draws, f"{name}.text", key[rows], language[rows], sentiment[rows])
    return {
        "comment": Texts(bodies),
        "sentiment_label": Words(np.where(is_labelled, sentiment, -1), texts.SENTIMENTS),
    }


def relationship_surveys(company: Company, low: int, high: int, first_id: int) -> dict[str, Column]:
    """Surveys of the customers numbered low to high - 1: each quarter a quarter of them are asked."""
    draws = company.draws
    waves = np.flatnonzero(np.arange(company.options.months) % 3 == 1)
    customer = np.repeat(np.arange(low, high), len(waves))
    wave = np.tile(waves, high - low)
    key = customer * 1_000 + wave
    sent = company.month_edges[wave] + 9 * DAY + 10 * HOUR + draws.below("nps.sent", key, 3 * DAY)
    is_asked = (
        (sent < company.end)
        & (company.customer_since[customer] + 45 * DAY < sent)
        & draws.chance("nps.asked", key, 0.26)
    )
    customer, key, sent = customer[is_asked], key[is_asked], sent[is_asked]

    opinion: FloatArray = 0.6 * draws.normal("nps.opinion", customer) + 0.8 * draws.normal("nps.mood", key)
    is_delivered = ~draws.chance("nps.undelivered", key, 0.05)
    answered = sent + draws.seconds("nps.delay", key, 60_000.0, 1.2)
    is_answered = is_delivered & draws.chance("nps.answered", key, 0.33) & (answered < company.end)
    score = np.where(
        is_answered & ~draws.chance("nps.no_score", key, 0.01), np.searchsorted(_NPS_11, opinion), NULL
    )
    language = company.language_of(customer)
    sentiment = np.where(
        opinion > 0.1, texts.POSITIVE, np.where(opinion > -0.85, texts.NEUTRAL, texts.NEGATIVE)
    )
    nothing = np.full(len(key), NULL)
    return {
        "response_id": Ids(first_id + np.arange(len(key)), "R"),
        "survey_type": Words(np.full(len(key), NPS), _TYPES),
        "survey_kind": Words(np.ones(len(key), dtype=np.int64), ("transactional", "relationship")),
        "question_version": Words(np.full(len(key), -1), _VERSIONS),
        "ticket_id": Ids(nothing, "T"),
        "customer_id": Ids(customer, "C"),
        "agent_id": Ids(nothing, "A"),
        "channel": Words(np.full(len(key), EMAIL), CHANNELS),
        "sent_at": Instants(sent),
        "is_delivered": Flags(is_delivered.astype(np.int64)),
        "answered_at": Instants(np.where(is_answered, answered, NULL)),
        "score": Integers(score),
        "scale_min": Integers(nothing),
        "scale_max": Integers(nothing),
        **_comments(company, "nps", key, language, sentiment, is_answered),
        "language_code": Words(language, LANGUAGES),
    }


def servqual_answers(company: Company, tickets: Tickets, first_id: int) -> dict[str, Column]:
    """The long questionnaire of 22 items, sent to one customer in fifty after a ticket."""
    draws = company.draws
    at = (
        np.where(tickets.lives.last_solve == NULL, company.end, tickets.lives.last_solve) + 3 * DAY + 5 * HOUR
    )
    is_asked = (
        draws.chance("servqual.asked", tickets.number, 0.02)
        & (tickets.customer != NULL)
        & tickets.is_in_scope
    )
    rows = np.flatnonzero(is_asked & (at < company.end) & (tickets.channel != SOCIAL))
    items = sum(_ITEMS)
    dimension = np.repeat(np.arange(len(_ITEMS)), _ITEMS)
    respondent = np.repeat(rows, items)
    item = np.tile(np.arange(items), len(rows))
    key = tickets.number[respondent] * 32 + item
    person = draws.normal("servqual.person", tickets.number[respondent])
    expected = (
        np.array(_EXPECTED)[dimension][item] + 0.3 * person + 0.7 * draws.normal("servqual.expected", key)
    )
    perceived = (
        np.array(_PERCEIVED)[dimension][item] + 0.6 * person + 0.9 * draws.normal("servqual.perceived", key)
    )
    expectation = np.clip(np.floor(expected + 0.5), 1, 7).astype(np.int64)
    perception = np.clip(np.floor(perceived + 0.5), 1, 7).astype(np.int64)
    # Some leave items out.
    is_left_out = draws.chance("servqual.left_out", key, 0.03)
    names = [
        f"{name}_{place}"
        for name, count in zip(_DIMENSIONS, _ITEMS, strict=True)
        for place in range(1, count + 1)
    ]
    return {
        "answer_id": Ids(first_id + np.arange(len(respondent)), "Q"),
        "response_id": Ids(tickets.number[respondent], "V"),
        "customer_id": Ids(tickets.customer[respondent], "C"),
        "channel": Words(tickets.channel[respondent], CHANNELS),
        "answered_at": Instants(at[respondent] + item * 9),
        "dimension": Words(dimension[item], _DIMENSIONS),
        "item": Words(item, names),
        "expectation": Integers(expectation),
        "perception": Integers(np.where(is_left_out, NULL, perception)),
        "scale_min": Integers(np.full(len(key), 1)),
        "scale_max": Integers(np.full(len(key), 7)),
    }
