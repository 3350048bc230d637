"""The sentiment of a customer's text, in English and French, without a network.

VADER's rules (``nltk-vader-sentiment``) add up the valences of the words found in a lexicon, with negations,
intensifiers, capitals, punctuation and emoji. English has VADER's own lexicon; French has that of the
Pattern library and French negations. Terms of customer service stand above both
(``sentiment_terms/service_terms.csv``). A text without a language gets one from ``py3langid``.
docs/sentiment.md tells how well this does.

Importing this module is cheap: the libraries and their data are loaded when the first text needs them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

Label = Literal["positive", "neutral", "negative"]
Language = Literal["en", "fr"]

CLASSIFIER_NAME = "nltk-vader-sentiment"
LANGUAGES: tuple[str, ...] = get_args(Language)

# VADER's own bounds of what is neutral, on its compound score between -1 and 1.
NEUTRAL_BELOW = 0.05

_TERMS = Path(__file__).parent / "sentiment_terms"
# Of a language other than those above, so that "ok" is no Hungarian.
_SAFE_GUESS = 0.5
_NOT_LANGUAGE = re.compile(r"https?://\S+|[@#]\w+|[^\w\s'’.,;:!?-]")
# Pattern rates words from -1 to 1, VADER from -4 to 4.
_PATTERN_TO_VADER = 4.0
_PUNCTUATION = ".,;:!?…()[]{}«»\"“”'’*_~#@-–—/"
_APOSTROPHE = re.compile("[’ʼ‘]")
_LETTER = re.compile(r"[^\W\d_]")
# What is known of a word is worked out once: the same words come back in nearly every text.
_WORDS_KNOWN = 1 << 16

# French: "n'est pas bon" must reach the rules as one negation ahead of what it negates.
_ELISION = re.compile(r"\b(c|d|j|l|m|n|s|t|qu|jusqu|lorsqu|puisqu|quoiqu)['’ʼ‘](?=\w)", re.IGNORECASE)
_LONE_PUNCTUATION = re.compile(r"[.,;:!?…]+")
_NEGATION_SPAN = 5
_SECOND_HALVES = frozenset(("pas", "plus", "jamais", "guère", "point"))
_FRENCH_NEGATIONS = (
    "pas", "jamais", "sans", "ni", "aucun", "aucune", "rien", "guère", "nullement", "aucunement", "peu",
)  # fmt: skip
_CONTRASTS = frozenset(("mais", "cependant", "toutefois", "néanmoins", "pourtant"))
# Without one of these a French sentence stays as it is.
_TURNING_WORDS = frozenset(("ne", "n", "pas", "peu", *_CONTRASTS))
_STRONGER = (
    "absolument", "beaucoup", "carrément", "complètement", "entièrement", "extrêmement", "franchement",
    "grandement", "hyper", "incroyablement", "infiniment", "parfaitement", "particulièrement", "profondément",
    "sacrément", "si", "tellement", "terriblement", "totalement", "trop", "très", "ultra", "vachement",
    "vraiment", "énormément",
)  # fmt: skip
_WEAKER = ("assez", "légèrement", "moyennement", "plutôt", "presque", "quasi", "quasiment", "vaguement")
# VADER's own steps.
_FRENCH_DEGREES = {**dict.fromkeys(_STRONGER, 0.293), **dict.fromkeys(_WEAKER, -0.293)}
_POSITIVE_EMOJI, _NEGATIVE_EMOJI = "emoji_positive", "emoji_negative"
# A negation reaches three words on: the one in "without a word 😡" must not turn the emoji round.
_OUT_OF_REACH = "· · · "
_EMOJI_VALENCES = {_POSITIVE_EMOJI: 2.0, _NEGATIVE_EMOJI: -2.0}


@dataclass(frozen=True)
class Sentiment:
    """What was found out about a text.

    Attributes:
        label: None for a text that cannot be classified: without a letter, or in another language.
        language: as it was given or detected, in ISO 639-1; None where it is not known.
    """

    label: Label | None
    language: str | None


@cache
def classifier_version() -> str:
    """The version that goes with each label; another one may label the same text otherwise.

    It names the releases of both libraries and ends in a fingerprint of this module, its rules and its terms.
    """
    fingerprint = sha256()
    for path in (*sorted(Path(__file__).parent.glob("sentiment*.py")), *sorted(_TERMS.glob("*.csv"))):
        fingerprint.update(path.read_bytes().replace(b"\r\n", b"\n"))
    libraries = f"{version('nltk-vader-sentiment')}+langid{version('py3langid')}"
    return f"{libraries}+terms{fingerprint.hexdigest()[:8]}"


def classify(text: str | None, language_code: str | None = None) -> Sentiment:
    """The sentiment of one text.

    Args:
        text: as the customer wrote it; may be None or blank.
        language_code: as the source gives it, such as ``fr``, ``EN`` or ``fr-CA``; detected where empty.
    """
    return classify_all([(text, language_code)])[0]


def classify_all(texts: Iterable[tuple[str | None, str | None]]) -> list[Sentiment]:
    """The sentiments of pairs of text and language code, in their order.

    Much faster than one by one where languages are to be detected; the same labels.
    """
    pairs = [(text, base_language(code)) for text, code in texts]
    unknown = [text for text, language in pairs if text is not None and not language]
    detected = iter(detect_languages(unknown))
    return [
        _classify(text, language or (None if text is None else next(detected))) for text, language in pairs
    ]


def _classify(text: str | None, language: str | None) -> Sentiment:
    label: Label | None = None
    if text is not None and _LETTER.search(text):
        if language == "en":
            label = _label(_english(), prepare_english(text))
        elif language == "fr":
            label = _label(_french(), prepare_french(text))
    return Sentiment(label, language)


@lru_cache(_WORDS_KNOWN)
def base_language(language_code: str | None) -> str | None:
    """The language of a code, without region or script: ``fr`` of ``fr_CA``; None for an empty one."""
    return re.split(r"[-_]", (language_code or "").strip().lower(), maxsplit=1)[0] or None


def detect_language(text: str) -> str | None:
    """The most likely language of a text in ISO 639-1, the same for the same text.

    Names of accounts, hashtags and links say nothing of the language and are left out. None without a letter,
    and where the best guess is neither of the languages that are classified and no safe one.
    """
    return detect_languages([text])[0]


def detect_languages(texts: Iterable[str]) -> list[str | None]:
    """What ``detect_language`` gives for each text, in their order."""
    words = [_NOT_LANGUAGE.sub(" ", text) for text in texts]
    has_letters = [_LETTER.search(text) is not None for text in words]
    readable = [text for text, has_letter in zip(words, has_letters, strict=True) if has_letter]
    guesses = iter(_identifier().identify(readable) if readable else [])
    return [_safe_language(*next(guesses)) if has_letter else None for has_letter in has_letters]


def _safe_language(language: str, probability: float) -> str | None:
    return language if language in LANGUAGES or probability >= _SAFE_GUESS else None


def prepare_english(text: str) -> str:
    """An English text as VADER's rules can read it: each known expression of customer service is one word."""
    return " ".join(_joined_expressions(_APOSTROPHE.sub("'", text).split(), "en"))


def prepare_french(text: str) -> str:
    """A French text as VADER's rules can read it.

    Known expressions become one word, both halves of a negation one ``pas`` ahead of what it negates, words
    of contrast VADER's ``but``, and elided words stand alone.
    """
    words: list[str] = []
    for parts, is_punctuation in map(_french_word, text.split()):
        # The French put a space ahead of a mark, which would make a word of it.
        if is_punctuation and words:
            words[-1] += parts[0]
        else:
            words += parts
    return " ".join(_one_negation_each(_joined_expressions(words, "fr")))


def _label(analyzer: Any, text: str) -> Label:
    score = analyzer.compound(text)
    if score >= NEUTRAL_BELOW:
        return "positive"
    return "negative" if score <= -NEUTRAL_BELOW else "neutral"


@cache
def _identifier() -> Any:
    from service_kpis.sentiment_languages import Identifier

    return Identifier()


@cache
def _english() -> Any:
    from service_kpis.sentiment_rules import Analyzer

    return Analyzer(lexicon=_lexicon("en"), emoji=_emoji_words())


@cache
def _french() -> Any:
    from service_kpis.sentiment_rules import Analyzer

    return Analyzer(
        lexicon=_lexicon("fr"),
        booster=_FRENCH_DEGREES,
        negations=_FRENCH_NEGATIONS,
        special_cases={},
        idioms={},
        multiword={},
        emoji=_emoji_words(),
    )


@cache
def _lexicon(language: Language) -> dict[str, float]:
    """Valence of each word and emoticon, expressions with underscores for their spaces; none is 0."""
    lexicon = _vader_lexicon() if language == "en" else _pattern_lexicon()
    lexicon.update({term.replace(" ", "_"): valence for term, valence in _service_terms(language).items()})
    lexicon.update(_EMOJI_VALENCES)
    # VADER's rules pass over a negation or an intensifier that has a valence of its own.
    silent = {*_FRENCH_NEGATIONS, *_FRENCH_DEGREES} if language == "fr" else set()
    return {word: valence for word, valence in lexicon.items() if valence and word not in silent}


def _vader_lexicon() -> dict[str, float]:
    from vader.data.curated import ADDITIONS, OVERRIDES
    from vader.data.lexicon import LEXICON

    return {**LEXICON, **OVERRIDES, **ADDITIONS}


def _pattern_lexicon() -> dict[str, float]:
    vader = _vader_lexicon()
    emoticons = {word: valence for word, valence in vader.items() if not _LETTER.search(word)}
    with (_TERMS / "fr_lexicon.csv").open(encoding="utf-8", newline="") as lines:
        words = {row["term"]: float(row["polarity"]) * _PATTERN_TO_VADER for row in csv.DictReader(lines)}
    return {**emoticons, **words}


@cache
def _emoji_words() -> dict[str, str]:
    """For each emoji whose English name has a valence what is read in its place, of the same sign."""
    from vader.data.emoji import EMOJI

    lexicon = {**_vader_lexicon(), **_service_terms("emoji")}
    words = {}
    for emoji, name in EMOJI.items():
        name = name.lower()
        valence = lexicon.get(name) or sum(lexicon.get(word, 0.0) for word in name.split())
        if valence:
            words[emoji] = _OUT_OF_REACH + (_POSITIVE_EMOJI if valence > 0 else _NEGATIVE_EMOJI)
    return words


@cache
def _service_terms(language: str) -> dict[str, float]:
    with (_TERMS / "service_terms.csv").open(encoding="utf-8", newline="") as lines:
        return {
            term: float(row["valence"])
            for row in csv.DictReader(lines)
            if row["language"] == language
            for term in row["terms"].split("|")
        }


@cache
def _needed_words(language: Language) -> frozenset[str]:
    """Of each expression the longest word, which is the rarest: without one of them a text has none."""
    expressions = (words for found in _expressions_by_first_word(language).values() for words in found)
    return frozenset(max(words, key=len) for words in expressions)


@cache
def _expressions_by_first_word(language: Language) -> dict[str, list[tuple[str, ...]]]:
    """Terms of several words by their first one, the longest ahead."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for term in _service_terms(language):
        words = tuple(term.split())
        if len(words) > 1:
            found.setdefault(words[0], []).append(words)
    for expressions in found.values():
        expressions.sort(key=len, reverse=True)
    return found


@lru_cache(_WORDS_KNOWN)
def _french_word(word: str) -> tuple[list[str], bool]:
    """A word without elisions, as the words that it is, and whether it is nothing but marks."""
    return _ELISION.sub(r"\1 ", word).split(), _LONE_PUNCTUATION.fullmatch(word) is not None


@lru_cache(_WORDS_KNOWN)
def _bare(word: str) -> str:
    return word.strip(_PUNCTUATION).lower()


@lru_cache(_WORDS_KNOWN)
def _ends_clause(word: str) -> bool:
    return word[-1] in ".,;:!?…)"


def _joined_expressions(words: list[str], language: Language) -> list[str]:
    bare = [*map(_bare, words)]
    if _needed_words(language).isdisjoint(bare):
        return words
    starts = _expressions_by_first_word(language)
    joined: list[str] = []
    done = 0
    for place in [place for place, word in enumerate(bare) if word in starts]:
        end = _end_of_expression(words, bare, place, starts[bare[place]])
        if end and place >= done:
            tail = words[end - 1]
            joined += words[done:place]
            joined.append("_".join(bare[place:end]) + tail[len(tail.rstrip(_PUNCTUATION)) :])
            done = end
    return joined + words[done:]


def _end_of_expression(
    words: list[str], bare: list[str], place: int, expressions: list[tuple[str, ...]]
) -> int | None:
    """Where the first of some expressions ends that begins at a place; None without one."""
    for expression in expressions:
        end = place + len(expression)
        if tuple(bare[place:end]) == expression and not any(map(_ends_clause, words[place : end - 1])):
            return end
    return None


def _second_half(words: list[str], place: int) -> int | None:
    """Where the word is that goes with the "ne" at a place, within the same clause."""
    for other in range(place + 1, min(place + 1 + _NEGATION_SPAN, len(words))):
        if _bare(words[other]) in _SECOND_HALVES:
            return other
        if _ends_clause(words[other]):
            return None
    return None


def _one_negation_each(words: list[str]) -> list[str]:
    if _TURNING_WORDS.isdisjoint(map(_bare, words)):
        return words
    lexicon = _lexicon("fr")
    words = list(words)
    result: list[str] = []
    dropped: set[int] = set()
    for place, word in enumerate(words):
        bare = _bare(word)
        if place in dropped:
            # What the word closed must stay closed.
            if _ends_clause(word) and result:
                result[-1] += word[-1]
        elif bare in ("ne", "n"):
            second = _second_half(words, place)
            # "ne" alone negates nothing ("je crains qu'il ne parte"). The negation goes ahead of a verb that
            # has a valence ("n'aime pas"), else it stays as near as it can to what follows ("n'est pas bon").
            if second is not None and any(_bare(word) in lexicon for word in words[place + 1 : second]):
                result.append("pas")
                dropped.add(second)
            elif second is not None:
                words[second] = "pas" + words[second][len(words[second].rstrip(_PUNCTUATION)) :]
        elif bare == "pas" and result and _bare(result[-1]) in lexicon and not _ends_clause(result[-1]):
            # Spoken French leaves "ne" out: "j'aime pas".
            result.insert(len(result) - 1, word)
        elif bare == "peu" and result and _bare(result[-1]) == "un":
            result[-1] = "légèrement"
        else:
            result.append("but" if bare in _CONTRASTS else word)
    return result
