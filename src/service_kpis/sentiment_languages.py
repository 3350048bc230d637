"""The languages of many texts at once: py3langid's model and decision, worked out for all together.

The library walks its automaton byte by byte in Python, text by text. Here all texts take a step at a time.
Part of ``service_kpis.sentiment``, which imports this when the first text needs it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier

_TEXTS_AT_ONCE = 1_000
_BYTE_VALUES = 256


class Identifier:
    """The library's model as arrays."""

    def __init__(self) -> None:
        model = LanguageIdentifier.from_model_file(MODEL_FILE)
        self.languages: list[str] = model.nb_classes
        self._next_states = np.asarray(model.tk_nextmove)
        self._first_moves = np.asarray(model.tk_row, dtype=np.int64) * _BYTE_VALUES
        self._features = np.asarray(model.tk_output, dtype=np.int64)
        self._weights = np.asarray(model.nb_ptc, dtype=np.float32)
        self._prior = np.asarray(model.nb_pc, dtype=np.float32)
        # A language in two scripts is there twice; its first place speaks for both.
        self._repeated = [
            (self.languages.index(language), place)
            for place, language in enumerate(self.languages)
            if self.languages.index(language) < place
        ]

    def identify(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """The most likely language of each text, in ISO 639-1, and how likely it is."""
        found: list[tuple[str, float]] = []
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            found += self._identify([_as_bytes(text) for text in texts[start : start + _TEXTS_AT_ONCE]])
        return found

    def _identify(self, texts: list[bytes]) -> list[tuple[str, float]]:
        lengths = np.array([len(text) for text in texts])
        scores = self._scores(texts, lengths)
        # As the library has it: the longer a text the surer is each byte, by the root of its length.
        scores /= np.sqrt(np.maximum(lengths, 1))[:, np.newaxis]
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        for first, other in self._repeated:
            likely[:, first] += likely[:, other]
            likely[:, other] = 0
        best = likely.argmax(axis=1)
        return [(self.languages[place], float(row[place])) for place, row in zip(best, likely, strict=True)]

    def _scores(self, texts: list[bytes], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """A row per text, a column per language; a text in which the model finds nothing has zeros."""
        text_numbers, features, counts = self._count_features(texts, lengths)
        factors = np.log1p(counts.astype(np.float32))
        starts = np.searchsorted(text_numbers, np.arange(len(texts) + 1))
        scores = np.zeros((len(texts), len(self.languages)), dtype=np.float32)
        for text_number, (start, end) in enumerate(pairwise(starts)):
            if start < end:
                scores[text_number] = factors[start:end] @ self._weights[features[start:end]] + self._prior
        return scores

    def _count_features(
        self, texts: list[bytes], lengths: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """How often each text has each feature: numbers of texts, in order, with features and counts."""
        # The longest first, so that those that still have a byte at a place are the first ones.
        order = np.argsort(-lengths, kind="stable")
        letters = np.zeros((int(lengths.max()), len(texts)), dtype=np.uint8)
        for column, text_number in enumerate(order):
            letters[: lengths[text_number], column] = np.frombuffer(texts[text_number], dtype=np.uint8)
        found = np.full(letters.shape, -1, dtype=np.int64)
        states = np.zeros(len(texts), dtype=np.int64)
        lengths_in_order = lengths[order]
        for place, row in enumerate(letters):
            count = int(np.searchsorted(-lengths_in_order, -place))
            states = self._next_states[self._first_moves[states[:count]] + row[:count]]
            found[place, :count] = self._features[states]
        places, columns = np.nonzero(found >= 0)
        pairs, counts = np.unique(
            order[columns] * len(self._weights) + found[places, columns], return_counts=True
        )
        text_numbers, features = np.divmod(pairs, len(self._weights))
        return text_numbers, features, counts


def _as_bytes(text: str) -> bytes:
    """As the model was trained: one form of each accented letter, capitals only where they mean something."""
    if text.isupper():
        text = text.lower()
    return unicodedata.normalize("NFC", text).encode("utf8", errors="surrogatepass")
