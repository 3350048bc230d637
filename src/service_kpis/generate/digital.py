"""Self-service sessions, bot conversations and questions, and social mentions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import texts
from .columns import NULL, Column, Flags, Ids, Instants, Integers, Texts, Words
from .company import (
    CHANNELS,
    CHAT,
    DAY,
    GAP_TOPICS,
    HOUR,
    LANGUAGES,
    NETWORKS,
    PHONE,
    SOCIAL,
    TOPIC_WEIGHTS,
    TOPICS,
    WEB,
    Company,
)
from .draws import BoolArray, IntArray
from .tickets import Tickets

_TOOLS = ("knowledge_base", "faq", "community")
_FEEDBACK = ("helpful", "not_helpful")
_BOT_FEEDBACK = ("confirmed", "negative")
_SEARCHES = (
    "facture double prélèvement",
    "délai remboursement",
    "suivi de colis",
    "installer la centrale",
    "caméra hors ligne wifi",
    "sirène se déclenche seule",
    "appli android plante",
    "mot de passe oublié",
    "changer de formule",
    "résilier mon contrat",
    "supprimer mes données",
    "facture électronique format",
    "quelle caméra extérieure",
    "garantie batterie",
)
_SEARCHES_EN = (
    "charged twice",
    "refund how long",
    "track parcel",
    "install hub",
    "camera offline",
    "alarm goes off at night",
    "app crashes",
    "reset password",
    "change plan",
    "cancel contract",
    "delete my data",
    "e-invoice format",
    "which outdoor camera",
    "battery warranty",
)


def _some_customer(company: Company, name: str, key: IntArray, instants: IntArray) -> IntArray:
    """A customer of the time, any."""
    known = np.maximum(np.searchsorted(company.customer_since, instants, side="right"), 6)
    return company.draws.below(name, key, known)


def _is_gap(topic: IntArray) -> BoolArray:
    """Whether the knowledge base has little on the topic."""
    return np.isin(topic, GAP_TOPICS)


@dataclass(frozen=True)
class SessionQuestions:
    """Questions put to the assistant of the help pages: one value each."""

    key: IntArray
    session: IntArray
    customer: IntArray
    asked: IntArray
    topic: IntArray
    is_answered: BoolArray


def self_service_sessions(
    company: Company, tickets: Tickets, first_id: int
) -> tuple[dict[str, Column], SessionQuestions]:
    """raw_self_service_sessions, a few of them just before a ticket, and the questions asked there."""
    draws = company.draws
    number = tickets.number
    is_before_ticket = (
        draws.chance("session.before", number, 0.09) & (tickets.customer != NULL) & ~tickets.is_outbound
    )
    alone = draws.pick("session.count", number, (62, 30, 8))
    rows = np.concatenate(
        [np.flatnonzero(is_before_ticket), np.flatnonzero(alone >= 1), np.flatnonzero(alone >= 2)]
    )
    counts = (int(is_before_ticket.sum()), int((alone >= 1).sum()), int((alone >= 2).sum()))
    place = np.repeat(np.arange(3), counts)
    leads = place == 0
    key = number[rows] * 4 + place
    shift = np.where(
        leads,
        -120 - draws.below("session.lead", key, 2 * HOUR),
        draws.below("session.shift", key, 5 * HOUR) - 2 * HOUR,
    )
    started = np.maximum(tickets.created[rows] + shift, company.start)
    happens = started < company.end
    rows, leads, key, started = rows[happens], leads[happens], key[happens], started[happens]
    order = np.argsort(started, kind="stable")
    rows, leads, key, started = rows[order], leads[order], key[order], started[order]

    stranger = _some_customer(company, "session.customer", key, started)
    is_known = leads | draws.chance("session.known", key, 0.5)
    customer = np.where(leads, tickets.customer[rows], stranger)
    topic = np.where(
        leads & (tickets.topic[rows] >= 0),
        tickets.topic[rows],
        draws.pick("session.topic", key, TOPIC_WEIGHTS),
    )
    is_gap = _is_gap(topic)
    has_search = draws.chance("session.search", key, 0.7)
    results = np.where(
        draws.chance("session.nothing", key, np.where(is_gap, 0.45, 0.08)),
        0,
        1 + draws.below("session.results", key, 14),
    )
    views = np.where(has_search & (results == 0), 0, draws.pick("session.views", key, (18, 44, 24, 14)))
    is_happy = draws.chance("session.happy", key, np.where(leads, 0.12, np.where(is_gap, 0.3, 0.72)))
    says = draws.chance("session.feedback", key, 0.24) & (views > 0)
    english = company.language_of(np.where(is_known, customer, NULL)) == 1
    phrase = np.where(english, topic + len(_SEARCHES), topic)
    topic_on_file = np.where(draws.chance("session.no_topic", key, 0.05), -1, topic)
    asks = np.flatnonzero(has_search & draws.chance("session.asks", key, 0.2) & (started + 60 < company.end))
    questions = SessionQuestions(
        key=key[asks],
        session=first_id + asks,
        customer=np.where(is_known, customer, NULL)[asks],
        asked=started[asks] + 15 + draws.below("session.asked", key[asks], 40),
        topic=topic_on_file[asks],
        is_answered=(results > 0)[asks] & ~draws.chance("session.no_answer", key[asks], 0.1),
    )
    columns: dict[str, Column] = {
        "session_id": Ids(first_id + np.arange(len(rows)), "S"),
        # People without an account are told apart by their browser.
        "visitor_id": Ids(np.where(is_known, customer, 50_000_000 + key % 40_000_000), "W"),
        "customer_id": Ids(np.where(is_known, customer, NULL), "C"),
        "tool": Words(draws.pick("session.tool", key, (62, 24, 14)), _TOOLS),
        "started_at": Instants(started),
        "topic": Words(topic_on_file, TOPICS),
        "search_query": Words(np.where(has_search, phrase, -1), (*_SEARCHES, *_SEARCHES_EN)),
        "search_result_count": Integers(np.where(has_search, results, NULL)),
        "article_view_count": Integers(views),
        "feedback": Words(np.where(says, np.where(is_happy, 0, 1), -1), _FEEDBACK),
    }
    return columns, questions


def bot_tables(
    company: Company,
    tickets: Tickets,
    on_pages: SessionQuestions,
    first_conversation: int,
    first_question: int,
) -> tuple[dict[str, Column], dict[str, Column], IntArray]:
    """raw_bot_conversations, raw_bot_questions and the number of helped conversations of each month.

    A conversation is handed over and becomes a chat or web ticket, or stays with the bot.
    """
    draws = company.draws
    number = tickets.number
    becomes = (
        np.isin(tickets.channel, (CHAT, WEB))
        & tickets.is_in_scope
        & ~tickets.is_bot_only
        & draws.chance("conversation.before", number, 0.3)
    )
    stays = tickets.is_bot_only | draws.chance("conversation.alone", number, 0.21)
    rows = np.concatenate([np.flatnonzero(becomes), np.flatnonzero(stays)])
    hands_over = np.arange(len(rows)) < int(becomes.sum())
    key = number[rows] * 2 + hands_over
    length = draws.seconds("conversation.length", key, 170.0, 0.7)
    created = tickets.created[rows]
    own = tickets.is_bot_only[rows] & ~hands_over
    started = np.where(
        hands_over,
        created - length,
        np.where(own, created, created + draws.below("conversation.shift", key, 3 * HOUR)),
    )
    started = np.maximum(started, company.start)
    ended = np.minimum(np.where(hands_over, created, started + length), company.end - 1)
    happens = started < company.end
    rows, hands_over, key, started, ended, own = (
        a[happens] for a in (rows, hands_over, key, started, ended, own)
    )
    order = np.argsort(started, kind="stable")
    rows, hands_over, key, started, ended, own = (
        a[order] for a in (rows, hands_over, key, started, ended, own)
    )

    with_ticket = hands_over | own
    topic = np.where(with_ticket, tickets.topic[rows], draws.pick("conversation.topic", key, TOPIC_WEIGHTS))
    customer = np.where(
        with_ticket, tickets.customer[rows], _some_customer(company, "conversation.customer", key, started)
    )
    customer = np.where(~with_ticket & draws.chance("conversation.anonymous", key, 0.2), NULL, customer)
    is_gap = _is_gap(topic)
    answers = draws.pick("conversation.answers", key, (14, 36, 28, 14, 8))
    answers = np.where(hands_over, draws.pick("conversation.answers_before", key, (40, 36, 24)), answers)
    answers = np.where(is_gap & draws.chance("conversation.at_a_loss", key, 0.5), 0, answers)
    answers = np.where(own, np.maximum(answers, 1), answers)
    # Some are handed to a person who is not there: no ticket comes of it.
    is_left = ~with_ticket & draws.chance("conversation.left", key, 0.06)
    handed_off = np.where(hands_over | is_left, ended, NULL)
    mood = draws.pick("conversation.feedback", key, (64, 26, 10)) - 1
    mood = np.where(answers == 0, np.where(mood == 0, -1, mood), mood)
    conversation = first_conversation + np.arange(len(rows))
    conversations: dict[str, Column] = {
        "conversation_id": Ids(conversation, "D"),
        "customer_id": Ids(customer, "C"),
        "channel": Words(
            np.where(
                with_ticket,
                tickets.channel[rows],
                np.where(draws.chance("conversation.web", key, 0.4), WEB, CHAT),
            ),
            CHANNELS,
        ),
        "topic": Words(topic, TOPICS),
        "started_at": Instants(started),
        # The window was just closed.
        "ended_at": Instants(
            np.where(draws.chance("conversation.open_end", key, 0.05) & ~hands_over, NULL, ended)
        ),
        "answer_count": Integers(answers),
        "handed_off_at": Instants(handed_off),
        "ticket_id": Ids(np.where(hands_over, number[rows], NULL), "T"),
        "feedback": Words(np.where(hands_over, np.where(mood == 0, -1, mood), mood), _BOT_FEEDBACK),
        "is_routine": Flags(
            np.where(
                draws.chance("conversation.no_routine", key, 0.1),
                NULL,
                draws.chance("conversation.routine", key, 0.55).astype(np.int64),
            )
        ),
    }
    helped = np.bincount(
        company.months_of(started[(answers > 0) & ~hands_over & ~is_left]), minlength=company.options.months
    )
    questions = _questions(
        company,
        tickets,
        on_pages,
        conversation,
        rows,
        key,
        started,
        ended,
        topic,
        customer,
        answers,
        first_question,
    )
    return conversations, questions, helped


def _questions(
    company: Company,
    tickets: Tickets,
    on_pages: SessionQuestions,
    conversation: IntArray,
    rows: IntArray,
    key: IntArray,
    started: IntArray,
    ended: IntArray,
    topic: IntArray,
    customer: IntArray,
    answers: IntArray,
    first_id: int,
) -> dict[str, Column]:
    """Questions put to the bot and on the help pages, and the answers suggested to agents on tickets."""
    draws = company.draws
    count = np.maximum(answers, 1) + draws.chance("question.extra", key, 0.12)
    owner = np.repeat(np.arange(len(rows)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    in_bot_key = key[owner] * 16 + place
    in_bot_at = started[owner] + (ended[owner] - started[owner]) * (place + 1) // (count[owner] + 2)

    helped = np.flatnonzero(
        np.isin(tickets.channel, (CHAT, WEB, SOCIAL))
        & tickets.is_in_scope
        & (tickets.lives.first_reply != NULL)
        & draws.chance("question.suggested", tickets.number, 0.16)
    )
    asked_for_agent = np.maximum(tickets.lives.first_reply[helped] - 40, tickets.created[helped])
    not_bot, not_helped, not_pages = (np.full(len(rows), NULL) for rows in (owner, helped, on_pages.key))

    suggestion_key = tickets.number[helped] * 16 + (1 << 40)
    no_suggestion = draws.chance(
        "question.no_suggestion", suggestion_key, np.where(_is_gap(tickets.topic[helped]), 0.5, 0.08)
    )
    identity = np.concatenate([in_bot_key, suggestion_key, on_pages.key + (1 << 41)])
    asked = np.concatenate([in_bot_at, asked_for_agent, on_pages.asked])
    subject = np.concatenate([topic[owner], tickets.topic[helped], on_pages.topic])
    is_answered = np.concatenate([place < answers[owner], ~no_suggestion, on_pages.is_answered])
    # Subjects that the bot was never taught are answered badly, when they are.
    share_correct = np.where(_is_gap(subject), 0.5, 0.84)
    luck = draws.uniform("question.grade", identity)
    grade = np.where(
        luck < share_correct, 0, np.where(luck < share_correct + (1 - share_correct) * 0.55, 1, 2)
    )
    is_graded = is_answered & draws.chance("question.graded", identity, 0.34)
    order = np.argsort(asked, kind="stable")
    columns = {
        "conversation": np.concatenate([conversation[owner], not_helped, not_pages]),
        "session": np.concatenate([not_bot, not_helped, on_pages.session]),
        "ticket": np.concatenate([not_bot, tickets.number[helped], not_pages]),
        "customer": np.concatenate([customer[owner], tickets.customer[helped], on_pages.customer]),
        "asked": asked,
        "subject": subject,
        "is_answered": is_answered.astype(np.int64),
        "grade": np.where(is_graded, grade, -1),
        "grader": np.where(is_graded, draws.chance("question.grader", identity, 0.65).astype(np.int64), -1),
    }
    columns = {name: values[order] for name, values in columns.items()}
    return {
        "question_id": Ids(first_id + np.arange(len(order)), "U"),
        "conversation_id": Ids(columns["conversation"], "D"),
        "session_id": Ids(columns["session"], "S"),
        "ticket_id": Ids(columns["ticket"], "T"),
        "customer_id": Ids(columns["customer"], "C"),
        "asked_at": Instants(columns["asked"]),
        "topic": Words(columns["subject"], TOPICS),
        "is_answered": Flags(columns["is_answered"]),
        "grade": Words(columns["grade"], ("correct", "partial", "incorrect")),
        "grader": Words(columns["grader"], ("human", "llm")),
    }


_MENTION_TYPES = ("mention", "comment", "review", "share", "own_post")
MENTION, COMMENT, REVIEW, SHARE, OWN_POST = range(5)
_OWN_POSTS = (
    "Nouvelle mise à jour de la centrale : deux minutes, sans rien débrancher.",
    "Vacances : trois réglages à vérifier avant de partir.",
    "Our Montréal desk is now open on Saturday mornings.",
    "Merci pour vos 4 000 avis, on les lit tous.",
    "Maintenance dimanche de 5 h à 6 h : l'application sera en pause.",
    "How to share access with a neighbour in three taps.",
)


def social_mentions(company: Company, tickets: Tickets, first_id: int) -> dict[str, Column]:
    """What is said about the company: posts that become tickets, others, and its own."""
    draws = company.draws
    number = tickets.number
    is_ticket = (tickets.channel == SOCIAL) & tickets.is_in_scope
    is_other = draws.chance("mention.other", number, 0.17) & (tickets.channel != PHONE)
    rows = np.concatenate([np.flatnonzero(is_ticket), np.flatnonzero(is_other)])
    linked = np.arange(len(rows)) < int(is_ticket.sum())
    key = number[rows] * 2 + linked
    posted = np.where(
        linked,
        tickets.created[rows] - draws.below("mention.lead", key, 900),
        tickets.created[rows] + draws.below("mention.shift", key, 8 * HOUR) - 4 * HOUR,
    )
    posted = np.maximum(posted, company.start)
    happens = posted < company.end
    rows, linked, key, posted = rows[happens], linked[happens], key[happens], posted[happens]
    order = np.argsort(posted, kind="stable")
    rows, linked, key, posted = rows[order], linked[order], key[order], posted[order]

    kind = np.where(
        linked,
        draws.pick("mention.kind_linked", key, (55, 40, 5)),
        draws.pick("mention.kind", key, (30, 30, 18, 14, 8)),
    )
    network = np.where(
        linked, tickets.network[rows], draws.pick("mention.network", key, (28, 22, 16, 0, 0, 6))
    )
    network = np.where(~linked & (kind == REVIEW), 3 + draws.below("mention.reviews", key, 2), network)
    is_inbound = kind <= REVIEW
    is_private = (
        is_inbound
        & (kind != REVIEW)
        & (network < 3)
        & draws.chance("mention.private", key, np.where(linked, 0.35, 0.05))
    )
    needs_reply = draws.chance("mention.needs_reply", key, 0.72)
    # Left empty where the network's export does not say.
    says_need = is_inbound & ~linked & draws.chance("mention.says_need", key, 0.7)
    needed = np.where(says_need, needs_reply, True) & is_inbound

    replied = np.where(linked, tickets.lives.first_reply[rows], NULL)
    reply_at = company.advance(
        tickets.calendar[rows], posted, draws.seconds("mention.reply", key, 5_400.0, 1.0)
    )
    does_reply = ~linked & needed & draws.chance("mention.replied", key, 0.74) & (reply_at < company.end)
    replied = np.where(does_reply, reply_at, replied)

    language = np.where(
        linked,
        company.language_of(tickets.customer[rows]),
        draws.chance("mention.english", key, 0.2).astype(np.int64),
    )
    # The trouble of the autumn shows in the mood, too.
    trouble = company.end - 243 * DAY
    is_bad_week = (posted >= trouble) & (posted < trouble + 9 * DAY)
    mood = draws.normal("mention.mood", key) - 0.45 * linked - 0.8 * is_bad_week
    sentiment = np.where(mood > 0.35, texts.POSITIVE, np.where(mood > -0.5, texts.NEUTRAL, texts.NEGATIVE))
    bodies = texts.posts(draws, "mention.text", key, language, sentiment)
    own = np.flatnonzero(kind == OWN_POST)
    bodies[own] = np.array(_OWN_POSTS, dtype=object)[draws.below("mention.own", key[own], len(_OWN_POSTS))]
    is_empty = (kind == SHARE) | draws.chance("mention.no_text", key, 0.03)
    bodies[is_empty] = ""
    has_label = is_inbound & draws.chance("mention.labelled", key, 0.4)
    is_known = linked | (is_inbound & draws.chance("mention.known", key, 0.25))
    customer = np.where(
        linked, tickets.customer[rows], _some_customer(company, "mention.customer", key, posted)
    )
    return {
        "mention_id": Ids(first_id + np.arange(len(rows)), "M"),
        "network": Words(network, NETWORKS),
        "mention_type": Words(kind, _MENTION_TYPES),
        "visibility": Words(is_private.astype(np.int64), ("public", "private")),
        "posted_at": Instants(posted),
        "author_id": Ids(np.where(kind == OWN_POST, 0, 1 + key % 79_999_999), "P"),
        "customer_id": Ids(np.where(is_known, customer, NULL), "C"),
        "ticket_id": Ids(np.where(linked, number[rows], NULL), "T"),
        "needs_reply": Flags(np.where(says_need, needs_reply.astype(np.int64), NULL)),
        "first_replied_at": Instants(replied),
        "body": Texts(bodies),
        "sentiment_label": Words(np.where(has_label, sentiment, -1), texts.SENTIMENTS),
        "language_code": Words(
            np.where(draws.chance("mention.no_language", key, 0.1), -1, language), LANGUAGES
        ),
    }
