"""The made-up company: its words, teams, agents and customers, and when work reaches it.

A French seller of connected home security with a second desk in Montréal. Whatever is the same for every
ticket lives here; `Company` is built once and read by all the table builders.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np

from . import calendars
from .columns import NULL, Column, Days, Ids, Instants, Integers, Texts, Words
from .draws import BoolArray, Draws, FloatArray, IntArray
from .options import REPORT_ZONE, GenerateOptions, local_midnight

DAY = 86_400
HOUR = 3_600

CHANNELS = ("email", "chat", "phone", "social", "web")
EMAIL, CHAT, PHONE, SOCIAL, WEB = range(5)
PRIORITIES = ("low", "normal", "high", "urgent")
LOW, NORMAL, HIGH, URGENT = range(4)
STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed")
NEW, OPEN, PENDING, ON_HOLD, SOLVED, CLOSED = range(6)
SEGMENTS = ("consumer", "small_business", "enterprise")
COUNTRIES = ("FR", "BE", "CH", "LU", "ES", "DE")
LANGUAGES = ("fr", "en")
FRENCH, ENGLISH = range(2)
NETWORKS = ("facebook", "instagram", "x", "google_reviews", "trustpilot", "tiktok")

TOPICS = (
    "billing",
    "refund",
    "delivery",
    "installation",
    "connection_loss",
    "false_alarm",
    "mobile_app",
    "account_access",
    "contract_change",
    "cancellation",
    "data_privacy",
    "e_invoicing",
    "product_advice",
    "warranty",
)
TOPIC_WEIGHTS = (21, 10, 11, 11, 13, 7, 10, 8, 6, 4, 1, 3, 6, 5)
BILLING_TOPICS = (TOPICS.index("billing"), TOPICS.index("refund"), TOPICS.index("e_invoicing"))
TECHNICAL_TOPICS = tuple(
    TOPICS.index(topic) for topic in ("installation", "connection_loss", "false_alarm", "mobile_app")
)
# Topics on which the knowledge base has little to say: the gaps that the KPIs should find.
GAP_TOPICS = (TOPICS.index("e_invoicing"), TOPICS.index("data_privacy"), TOPICS.index("warranty"))
TICKET_TYPES = ("question", "incident", "problem", "request", "complaint")

TEAMS = ("care", "billing", "technical", "montreal", "social", "engineering")
CARE, BILLING, TECHNICAL, MONTREAL, SOCIAL_TEAM, ENGINEERING = range(6)
TEAM_TIERS = (1, 1, 2, 1, 1, 3)
_SLOTS = (4, 3, 3, 3, 1, 1)
_SLOTS_PER_TICKETS = 9_000

CALENDARS = calendars.CALENDARS
FR, MTL = range(2)

FIRST_NAMES = (
    *("Camille", "Louis", "Manon", "Hugo", "Inès", "Lucas", "Chloé", "Nathan", "Sarah", "Mehdi", "Julie"),
    *("Antoine", "Fatou", "Thomas", "Léa", "Karim", "Émilie", "Maxime", "Aïcha", "Pierre", "Sophie", "Yanis"),
    *("Claire", "Mathieu", "Nadia", "Benoît", "Élodie", "Samuel", "Zoé", "Olivier", "Anaïs", "Gabriel"),
)
LAST_NAMES = (
    *("Martin", "Bernard", "Petit", "Durand", "Leroy", "Moreau", "Simon", "Laurent", "Lefèvre", "Michel"),
    *("Garcia", "Roux", "Fournier", "Girard", "Bonnet", "Dupuis", "Lambert", "Diallo", "Benali", "Mercier"),
    *("Blanc", "Guérin", "Tremblay", "Gagnon", "Bouchard", "Côté", "Fortin", "Gauthier", "Nguyen", "Lopez"),
    *("Faure", "Renaud"),
)

# Share of a weekday's contacts in each local hour.
_HOUR_SHAPE = (3, 2, 1, 1, 1, 3, 8, 22, 48, 82, 92, 84, 58, 62, 80, 78, 70, 62, 46, 34, 27, 20, 12, 6)
_WEEKDAY_SHAPE = (138, 112, 104, 100, 96, 38, 24)
_MONTH_SHAPE = (112, 98, 97, 94, 92, 96, 90, 78, 108, 104, 116, 124)
_MONTREAL_SHARE = 20


@dataclass(frozen=True)
class Agents:
    """Agents by number. A desk ("slot") of a team is one agent, or one and then the successor."""

    team: IntArray
    started: IntArray
    ended: IntArray
    is_bot: BoolArray
    slots: tuple[tuple[int, ...], ...]
    slot_first: IntArray
    slot_second: IntArray
    slot_switch: IntArray
    chat_bot: int
    mail_bot: int


@dataclass(frozen=True)
class Company:
    """All that the table builders share. Instants are epoch seconds (UTC)."""

    options: GenerateOptions
    draws: Draws
    start: int
    end: int
    created: IntArray
    customer_since: IntArray
    agents: Agents
    clocks: tuple[calendars.BusinessClock, calendars.BusinessClock]
    month_edges: IntArray
    montreal_share: FloatArray

    @property
    def tickets_per_day(self) -> float:
        """Average over the history."""
        return self.options.tickets * DAY / (self.end - self.start)

    def before_end(self, months: float) -> int:
        """The instant that many average months before the end, as far as the history goes back."""
        return max(self.end - int(months * 30.4375 * DAY), self.start)

    def months_of(self, instants: IntArray) -> IntArray:
        """Number of the local month, 0 the first."""
        return np.searchsorted(self.month_edges, instants, side="right") - 1

    def advance(self, calendar: IntArray, instants: IntArray, seconds: IntArray | int) -> IntArray:
        """`BusinessClock.advance` on each row's calendar."""
        amount = np.broadcast_to(np.asarray(seconds, dtype=np.int64), instants.shape)
        result = np.empty_like(instants)
        for number, clock in enumerate(self.clocks):
            rows = np.flatnonzero(calendar == number)
            result[rows] = clock.advance(instants[rows], amount[rows])
        return result

    def is_open(self, calendar: IntArray, instants: IntArray) -> BoolArray:
        """`BusinessClock.is_open` on each row's calendar."""
        return np.where(calendar == FR, self.clocks[FR].is_open(instants), self.clocks[MTL].is_open(instants))

    def agent_of(self, name: str, rows: IntArray, team: IntArray, instants: IntArray) -> IntArray:
        """An agent of the team who is employed at the instant."""
        agents = self.agents
        slots = np.zeros(len(rows), dtype=np.int64)
        for number, members in enumerate(agents.slots):
            chosen = np.flatnonzero(team == number)
            slots[chosen] = np.array(members)[self.draws.below(name, rows[chosen], len(members))]
        return np.where(
            instants < agents.slot_switch[slots], agents.slot_first[slots], agents.slot_second[slots]
        )

    def language_of(self, customer: IntArray) -> IntArray:
        """Language of a customer by number (French where the customer is not known)."""
        known = np.where(customer == NULL, 0, customer)
        is_canadian = known % 6 == 5
        share = np.where(is_canadian, 0.38, 0.08)
        return np.where(
            customer == NULL, FRENCH, self.draws.chance("customer.english", known, share).astype(np.int64)
        )


def build_company(options: GenerateOptions) -> Company:
    """Lay out the company for these arguments (about a second per ten million tickets)."""
    draws = Draws(options.seed)
    start, end = options.start, options.end
    last_day = options.ends_on + timedelta(days=120)
    clocks = tuple(
        calendars.BusinessClock(calendar_id, options.starts_on - timedelta(days=14), last_day)
        for calendar_id in CALENDARS
    )
    weights, montreal_share = _hourly_weights(options, draws)
    return Company(
        options=options,
        draws=draws,
        start=start,
        end=end,
        created=_arrivals(draws, options.tickets, start, end, weights),
        customer_since=_customers_since(draws, options, start, end),
        agents=_agents(draws, options),
        clocks=(clocks[0], clocks[1]),
        month_edges=np.array([local_midnight(day) for day in options.month_starts] + [end], dtype=np.int64),
        montreal_share=montreal_share,
    )


def _hourly_weights(options: GenerateOptions, draws: Draws) -> tuple[IntArray, FloatArray]:
    """Weight of each hour (UTC) of the history, and the part of it that is Montréal's."""
    first, last = options.start // HOUR, -(-options.end // HOUR)
    years = range(options.starts_on.year, options.ends_on.year + 1)
    closed = {(row.calendar_id, row.holiday_date) for row in calendars.holidays(years)}
    zones = {calendar_id: ZoneInfo(name) for calendar_id, name in calendars.TIME_ZONES.items()}
    weights = np.zeros((last - first, 2), dtype=np.int64)
    moods = draws.below("company.day", np.arange(first // 24, last // 24 + 2), 31) + 85
    for hour in range(first, last):
        growth = 1000 + 300 * (hour - first) // (last - first)
        instant = datetime.fromtimestamp(hour * HOUR, timezone.utc)
        for number, calendar_id in enumerate(CALENDARS):
            local = instant.astimezone(zones[calendar_id])
            weight = _HOUR_SHAPE[local.hour] * _WEEKDAY_SHAPE[local.weekday()] * _MONTH_SHAPE[local.month - 1]
            if (calendar_id, local.date()) in closed:
                weight = weight * 3 // 10
            share = _MONTREAL_SHARE if number == MTL else 100 - _MONTREAL_SHARE
            weights[hour - first, number] = (
                weight * growth * share * int(moods[hour // 24 - first // 24]) // 1000
            )
    # Four days of trouble after a failed update, eight months before the end: every team's backlog shows it.
    trouble = max((options.end - 243 * DAY) // HOUR - first, 0)
    weights[trouble : trouble + 96] *= 2
    total = weights.sum(axis=1)
    return total, weights[:, MTL] / np.maximum(total, 1)


def _arrivals(draws: Draws, tickets: int, start: int, end: int, weights: IntArray) -> IntArray:
    """Creation instants of all tickets, in order."""
    edges = np.concatenate(([0], np.cumsum(weights)))
    position = np.sort(
        (draws.uniform("ticket.created", np.arange(tickets)) * float(edges[-1])).astype(np.int64)
    )
    hour = np.searchsorted(edges, position, side="right") - 1
    second = (position - edges[hour]) * HOUR // np.maximum(weights[hour], 1)
    created = np.clip((start // HOUR + hour) * HOUR + second, start, end - 1)
    # However small the company: the history begins on its first day and ends on its last.
    created[0] = min(created[0], start + 11 * HOUR)
    created[-1] = max(created[-1], end - 6 * HOUR)
    return created


def _customers_since(draws: Draws, options: GenerateOptions, start: int, end: int) -> IntArray:
    """Since when each customer is one, in order: a good half before the history begins."""
    count = max(60, options.tickets * 3 // 10)
    number = np.arange(count)
    place = (number + draws.uniform("customer.since", number)) / count
    before = start - 900 * DAY + (place / 0.6 * 900 * DAY).astype(np.int64)
    during = start + ((place - 0.6) / 0.4 * (end - start)).astype(np.int64)
    return np.minimum(np.where(place < 0.6, before, during), end - 1)


def _agents(draws: Draws, options: GenerateOptions) -> Agents:
    """Desks grow with the number of tickets; about one in six changes hands during the history."""
    factor = options.tickets // _SLOTS_PER_TICKETS
    first_day = options.starts_on.toordinal()
    span = options.ends_on.toordinal() - first_day
    teams: list[int] = []
    started: list[int] = []
    ended: list[int] = []
    slots: list[tuple[int, ...]] = []
    first: list[int] = []
    second: list[int] = []
    switch: list[int] = []
    for team, base in enumerate(_SLOTS):
        members = []
        for place in range(base + factor * base // 3):
            number = np.array([len(first)])
            since = first_day - 30 - int(draws.below("agent.since", number, 1_800)[0])
            teams.append(team)
            started.append(since)
            ended.append(NULL)
            members.append(len(first))
            first.append(len(teams) - 1)
            # The first desk of care and of the technical team changes hands whatever the size of the company.
            changes = (place == 0 and team in (CARE, TECHNICAL)) or (place > 0 and place % 6 == 0)
            if changes:
                left = first_day + span // 4 + int(draws.below("agent.left", number, max(span // 2, 1))[0])
                ended[-1] = left
                teams.append(team)
                started.append(left)
                ended.append(NULL)
                switch.append(local_midnight(date.fromordinal(left)))
            else:
                switch.append(NULL)
            second.append(len(teams) - 1)
        slots.append(tuple(members))
    humans = len(teams)
    for _ in range(2):
        teams.append(-1)
        started.append(first_day - 200)
        ended.append(NULL)
    return Agents(
        team=np.array(teams),
        started=np.array(started),
        ended=np.array(ended),
        is_bot=np.arange(len(teams)) >= humans,
        slots=tuple(slots),
        slot_first=np.array(first),
        slot_second=np.array(second),
        slot_switch=np.array(switch),
        chat_bot=humans,
        mail_bot=humans + 1,
    )


def agent_rows(company: Company) -> dict[str, Column]:
    """raw_agents: one row per agent or bot."""
    agents = company.agents
    count = len(agents.team)
    names: list[str] = []
    emails: list[str] = []
    for number in range(count):
        if agents.is_bot[number]:
            names.append("Sésame" if number == agents.chat_bot else "Tri automatique")
            emails.append("")
            continue
        given = FIRST_NAMES[number * 7 % len(FIRST_NAMES)]
        family = LAST_NAMES[(number * 11 + number // len(FIRST_NAMES)) % len(LAST_NAMES)]
        names.append(f"{given} {family}")
        emails.append(f"agent{number:05d}@maison-abri.example")
    tiers = np.array(TEAM_TIERS)[agents.team]
    # A newcomer's file without a tier: first line by rule.
    tiers[(agents.team == CARE) & (np.arange(count) % 4 == 3)] = NULL
    tiers[agents.is_bot] = NULL
    epoch = date(1970, 1, 1).toordinal()
    return {
        "agent_id": Ids(np.arange(count), "A"),
        "agent_name": Texts(np.array(names, dtype=object)),
        "email": Texts(np.array(emails, dtype=object)),
        "team": Words(agents.team, TEAMS),
        "tier": Integers(tiers),
        "agent_kind": Words(agents.is_bot.astype(np.int64), ("human", "bot")),
        "started_on": Days(agents.started - epoch),
        "ended_on": Days(np.where(agents.ended == NULL, NULL, agents.ended - epoch)),
    }


def customer_rows(company: Company, low: int, high: int) -> dict[str, Column]:
    """raw_customers: the customers numbered low to high - 1."""
    draws = company.draws
    number = np.arange(low, high)
    is_canadian = number % 6 == 5
    country = np.where(
        is_canadian, len(COUNTRIES), draws.pick("customer.country", number, (84, 7, 5, 2, 1, 1))
    )
    country = np.where(draws.chance("customer.no_country", number, 0.02), -1, country)
    language = company.language_of(number)
    return {
        "customer_id": Ids(number, "C"),
        "customer_segment": Words(customer_segment(company, number), SEGMENTS),
        "country_code": Words(country, (*COUNTRIES, "CA")),
        "language_code": Words(language, LANGUAGES),
        "email": Texts(
            np.array([f"client{n:08d}@mail.example" if n % 17 else "" for n in number.tolist()], dtype=object)
        ),
        "created_at": Instants(company.customer_since[low:high]),
    }


def customer_segment(company: Company, customer: IntArray) -> IntArray:
    """Segment of customers by number; negative = none on file."""
    segment = company.draws.pick("customer.segment", customer, (70, 23, 7))
    return np.where(company.draws.chance("customer.no_segment", customer, 0.03), -1, segment)


PLANS = ("essential", "comfort", "premium", "professional")
END_REASONS = ("price", "moved", "competitor", "service", "unpaid")


def subscription_rows(company: Company, low: int, high: int, first_id: int) -> dict[str, Column]:
    """raw_subscriptions of the customers numbered low to high - 1: some lapse, some of those come back."""
    draws = company.draws
    customer = np.arange(low, high)
    epoch = date(1970, 1, 1).toordinal()
    end_day = company.options.ends_on.toordinal() - epoch
    segment = customer_segment(company, customer)
    mean_life = np.where(segment == 2, 5_200.0, np.where(segment == 1, 2_600.0, 1_700.0))

    first = company.customer_since[low:high] // DAY + draws.below("subscription.start", customer, 21)
    first_end = first + 30 + draws.exponential("subscription.life", customer, mean_life).astype(np.int64)
    comes_back = (first_end <= end_day) & draws.chance("subscription.return", customer, 0.3)
    second = first_end + 20 + draws.seconds("subscription.pause", customer, 75.0, 0.6)
    second_end = (
        second + 30 + draws.exponential("subscription.life_again", customer, mean_life).astype(np.int64)
    )
    extra = first + 40 + draws.below("subscription.extra_start", customer, 300)
    extra_end = (
        extra + 30 + draws.exponential("subscription.extra_life", customer, mean_life).astype(np.int64)
    )
    is_subscriber = ~draws.chance("subscription.none", customer, 0.05)
    has_extra = is_subscriber & draws.chance("subscription.extra", customer, 0.06)

    starts = np.stack([first, second, extra], axis=1).reshape(-1)
    ends = np.stack([first_end, second_end, extra_end], axis=1).reshape(-1)
    exists = np.stack([is_subscriber, is_subscriber & comes_back, has_extra], axis=1).reshape(-1) & (
        starts <= end_day
    )
    rows = np.flatnonzero(exists)
    owner = low + rows // 3
    ended = np.where(ends[rows] <= end_day, ends[rows], NULL)
    identity = owner * 3 + rows % 3
    plan = np.where(segment[rows // 3] >= 1, 3, draws.pick("subscription.plan", identity, (45, 38, 17)))
    reason = np.where(ended == NULL, -1, draws.pick("subscription.reason", identity, (30, 18, 22, 20, 10)))
    return {
        "subscription_id": Ids(first_id + np.arange(len(rows)), "B"),
        "customer_id": Ids(owner, "C"),
        "plan": Words(plan, PLANS),
        "started_on": Days(starts[rows]),
        "ended_on": Days(ended),
        "end_reason": Words(reason, END_REASONS),
    }


__all__ = [
    "REPORT_ZONE",
    "Agents",
    "Company",
    "agent_rows",
    "build_company",
    "customer_rows",
    "subscription_rows",
]
