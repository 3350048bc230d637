"""The raw tables as plain data: for each one its columns, what fills them, and which instants may not run
backwards.

A column is written `name:kind` with, after the kind, `*` for the primary key, `!` for "must be filled", and
for
enumerations the words between brackets. Kinds: id, ts, date, int, num, bool, text, enum.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SENTIMENT = "positive|neutral|negative"
EVENT_TYPES = "message|status_change|priority_change|assignment|team_change|escalation|calendar_change"


@dataclass(frozen=True)
class Column:
    """One listed column of a raw table."""

    name: str
    kind: str
    is_key: bool
    is_required: bool
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One raw table: columns in the order of the specification, and the rules that span columns."""

    name: str
    columns: tuple[Column, ...]
    is_optional: bool
    main_instant: str | None = None
    backwards: tuple[tuple[str, str], ...] = ()
    not_negative: tuple[str, ...] = ()
    key: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", tuple(column.name for column in self.columns if column.is_key))


def _columns(text: str) -> tuple[Column, ...]:
    columns = []
    for word in text.split():
        name, _, kind = word.partition(":")
        words: tuple[str, ...] = ()
        if "[" in kind:
            kind, _, rest = kind.partition("[")
            inside, _, marks = rest.partition("]")
            words = tuple(inside.split("|"))
            kind += marks
        is_key, is_required = "*" in kind, "!" in kind or "*" in kind
        columns.append(Column(name, kind.strip("*!"), is_key, is_required, words))
    columns.append(Column("loaded_at", "ts", False, False))
    return tuple(columns)


_TABLES = (
    Table(
        "raw_customers",
        _columns(
            "customer_id:id* customer_segment:text country_code:text language_code:text email:text "
            "created_at:ts"
        ),
        is_optional=False,
    ),
    Table(
        "raw_subscriptions",
        _columns(
            "subscription_id:id* customer_id:id! plan:text started_on:date! ended_on:date end_reason:text"
        ),
        is_optional=True,
        backwards=(("started_on", "ended_on"),),
    ),
    Table(
        "raw_agents",
        _columns(
            "agent_id:id* agent_name:text email:text team:text tier:int agent_kind:enum[human|bot]! "
            "started_on:date ended_on:date"
        ),
        is_optional=False,
        backwards=(("started_on", "ended_on"),),
    ),
    Table(
        "raw_tickets",
        _columns(
            "ticket_id:id* customer_id:id direction:enum[inbound|outbound]! channel:text source:text "
            "ticket_type:text topic:text priority:enum[low|normal|high|urgent]! "
            "status:enum[new|open|pending|on_hold|solved|closed]! team:text assignee_id:id calendar_id:id "
            "created_at:ts! updated_at:ts is_spam:bool is_deleted:bool is_test:bool merged_into_ticket_id:id"
        ),
        is_optional=False,
        main_instant="created_at",
    ),
    Table(
        "raw_ticket_events",
        _columns(
            "event_id:id* ticket_id:id! occurred_at:ts! "
            f"event_type:enum[{EVENT_TYPES}]! "
            "actor_type:enum[customer|human_agent|bot|system]! actor_id:id is_public:bool old_value:text "
            f"new_value:text session_id:id body:text sentiment_label:enum[{SENTIMENT}]"
        ),
        is_optional=False,
        main_instant="occurred_at",
    ),
    Table(
        "raw_contacts",
        _columns(
            "contact_id:id* channel:text! direction:enum[inbound|outbound]! customer_id:id ticket_id:id "
            "queue:text "
            "offered_at:ts! answered_at:ts ended_at:ts "
            "outcome:enum[answered|abandoned|callback_answered|callback_missed|self_served|out_of_hours]!"
        ),
        is_optional=True,
        main_instant="offered_at",
        backwards=(("offered_at", "answered_at"), ("offered_at", "ended_at")),
    ),
    Table(
        "raw_contact_legs",
        _columns(
            "leg_id:id* contact_id:id! agent_id:id started_at:ts! ended_at:ts talk_seconds:num! "
            "hold_seconds:num "
            "wrap_up_seconds:num"
        ),
        is_optional=True,
        main_instant="started_at",
        backwards=(("started_at", "ended_at"),),
        not_negative=("talk_seconds", "hold_seconds", "wrap_up_seconds"),
    ),
    Table(
        "raw_survey_responses",
        _columns(
            "response_id:id* survey_type:enum[csat|ces|nps]! survey_kind:enum[transactional|relationship]! "
            "question_version:text ticket_id:id customer_id:id agent_id:id channel:text sent_at:ts "
            "is_delivered:bool "
            "answered_at:ts score:num scale_min:num scale_max:num comment:text "
            f"sentiment_label:enum[{SENTIMENT}] language_code:text"
        ),
        is_optional=True,
        main_instant="answered_at",
        backwards=(("sent_at", "answered_at"),),
    ),
    Table(
        "raw_servqual_answers",
        _columns(
            "answer_id:id* response_id:id! customer_id:id channel:text answered_at:ts! dimension:text! "
            "item:text! "
            "expectation:num perception:num scale_min:num scale_max:num"
        ),
        is_optional=True,
        main_instant="answered_at",
    ),
    Table(
        "raw_costs",
        _columns(
            "cost_id:id* cost_month:date! cost_category:text! team:text channel:text amount:num! "
            "currency_code:text!"
        ),
        is_optional=True,
    ),
    Table(
        "raw_exchange_rates",
        _columns("currency_code:text* rate_month:date* rate:num!"),
        is_optional=True,
    ),
    Table(
        "raw_self_service_sessions",
        _columns(
            "session_id:id* visitor_id:id! customer_id:id tool:enum[knowledge_base|faq|community]! "
            "started_at:ts! "
            "topic:text search_query:text search_result_count:int article_view_count:int "
            "feedback:enum[helpful|not_helpful]"
        ),
        is_optional=True,
        main_instant="started_at",
    ),
    Table(
        "raw_bot_conversations",
        _columns(
            "conversation_id:id* customer_id:id channel:text topic:text started_at:ts! ended_at:ts "
            "answer_count:int! "
            "handed_off_at:ts ticket_id:id feedback:enum[confirmed|negative] is_routine:bool"
        ),
        is_optional=True,
        main_instant="started_at",
        backwards=(("started_at", "ended_at"),),
    ),
    Table(
        "raw_bot_questions",
        _columns(
            "question_id:id* conversation_id:id session_id:id ticket_id:id customer_id:id asked_at:ts! "
            "topic:text "
            "is_answered:bool! grade:enum[correct|partial|incorrect] grader:enum[human|llm]"
        ),
        is_optional=True,
        main_instant="asked_at",
    ),
    Table(
        "raw_social_mentions",
        _columns(
            "mention_id:id* network:text! mention_type:enum[mention|comment|review|share|own_post]! "
            "visibility:enum[public|private]! posted_at:ts! author_id:id customer_id:id ticket_id:id "
            "needs_reply:bool "
            f"first_replied_at:ts body:text sentiment_label:enum[{SENTIMENT}] language_code:text"
        ),
        is_optional=True,
        main_instant="posted_at",
        backwards=(("posted_at", "first_replied_at"),),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _TABLES}

DEFAULT_SCALES = {"csat": (1, 5), "ces": (1, 7), "nps": (0, 10), "servqual": (1, 7)}

DEFAULT_VARIABLES: dict[str, object] = {
    "report_timezone": "Europe/Paris",
    "source_timezone": "UTC",
    "reporting_currency": "EUR",
    "default_calendar_id": "fr",
    "as_of": None,
    "first_response_stops_on": "human",
    "csat_denominator": "all_rated",
    "fcr_window_days": 7,
    "fcr_unknown_topic": "not_repeat",
    "reopen_window_days": 14,
    "sla_pause_statuses": ["pending"],
    "service_level_seconds": 20,
    "short_abandon_seconds": 0,
    "self_service_window_hours": 24,
    "ai_window_hours": 72,
    "gap_min_questions": 3,
    "min_responses": 30,
    "servqual_weights": None,
}
