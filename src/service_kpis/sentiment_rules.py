"""VADER's compound score of a text: the library's own, several times as fast.

The library tries every rule on every word of every text. Here what is known of a word is worked out once, and
the rules are asked only where one of the words that they are about stands near. The rules stay the library's.
Part of ``service_kpis.sentiment``, which imports this when the first text needs it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from vader import SentimentIntensityAnalyzer, SentiText, normalize
from vader.constants import BUT_AFTER, BUT_BEFORE, C_INCR, N_SCALAR
from vader.text import normalize_apostrophes

# Words that the rules name themselves, beside those of the lists that they are given.
_RULE_WORDS = ("never", "without", "no", "least", "kind")
# So many words before and behind a word have a say in what it is worth.
_BEFORE, _BEHIND = 3, 2
_WORDS_KNOWN = 1 << 16


class Word(NamedTuple):
    """What the rules know of a word wherever it stands; without a valence it adds nothing to the score."""

    token: str
    lowered: str
    is_upper: bool
    valence: float | None
    is_in_a_rule: bool


class Sentence(NamedTuple):
    """A text as the library's rules take it."""

    tokens: list[str]
    lowered: list[str]
    is_cap_diff: bool


class Analyzer(SentimentIntensityAnalyzer):
    """The library's analyzer; ``compound`` is all that is asked of it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        phrases = (*self.special_cases, *(words for words in self.booster if " " in words))
        self._rule_words = {*_RULE_WORDS, *self.booster, *self.negations, *_longest_words(phrases)}
        self._phrases = tuple(f" {phrase} " for phrase in (*self.multiword, *self.idioms))
        self._phrase_words = frozenset(_longest_words(self._phrases))
        self._emoji_starts = frozenset(self._emoji._index)
        self._known = lru_cache(_WORDS_KNOWN)(self._look_up)

    def compound(self, text: str) -> float:
        """What ``polarity_scores`` gives under that name: from -1 to 1, rounded to four digits."""
        if not self._emoji_starts.isdisjoint(text):
            text = self._emoji.translate(text)
        words = [*map(self._known, text.split())]
        lowered = [word.lowered for word in words]
        if not self._phrase_words.isdisjoint(lowered):
            spaced = f" {' '.join(lowered)} "
            if any(phrase in spaced for phrase in self._phrases):
                return self.polarity_scores(text)["compound"]
        valences = self._valences(words, lowered)
        if "but" in lowered:
            turn = lowered.index("but")
            valences = {
                place: valence * (BUT_BEFORE if place < turn else BUT_AFTER if place > turn else 1.0)
                for place, valence in valences.items()
            }
        score = float(sum(valences.values()))
        if score > 0:
            score += self._punctuation_emphasis(text)
        elif score < 0:
            score -= self._punctuation_emphasis(text)
        return round(normalize(score, self.alpha), 4)

    def _valences(self, words: list[Word], lowered: list[str]) -> dict[int, float]:
        """What the words that have a valence are worth where they stand, by their places in order."""
        in_a_rule = [word.is_in_a_rule for word in words]
        has_rules = True in in_a_rule
        uppers = sum(word.is_upper for word in words)
        is_cap_diff = 0 < uppers < len(words)
        valences = {}
        for place, word in enumerate(words):
            valence = word.valence
            if valence is None:
                continue
            is_ruled = has_rules and True in in_a_rule[max(place - _BEFORE, 0) : place + _BEHIND + 1]
            if is_ruled:
                follower = lowered[place + 1] if place + 1 < len(words) else ""
                if word.lowered == "kind" and follower == "of":
                    continue
                if self._no_precedes(lowered, place):
                    valence *= N_SCALAR
                elif word.lowered == "no" and follower in self.lexicon:
                    valence = 0.0
            if word.is_upper and is_cap_diff and valence:
                valence += C_INCR if valence > 0 else -C_INCR
            if is_ruled:
                sentence = Sentence([word.token for word in words], lowered, is_cap_diff)
                valence = self._modified_valence(valence, sentence, place)
            valences[place] = valence
        return valences

    def _look_up(self, word: str) -> Word:
        token = SentiText(normalize_apostrophes(word), self._lexicon_keys).tokens[0]
        lowered = token.lower()
        return Word(
            token=token,
            lowered=lowered,
            is_upper=token.isupper(),
            valence=None if lowered in self.booster else self.lexicon.get(lowered),
            is_in_a_rule=lowered in self._rule_words or lowered.endswith("n't"),
        )


def _longest_words(phrases: Iterable[str]) -> list[str]:
    """Of each phrase the word without which it cannot be there; the longest is the rarest."""
    return [max(phrase.split(), key=len) for phrase in phrases]
