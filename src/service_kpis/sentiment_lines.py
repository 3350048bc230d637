r"""The classifier as a filter of lines, for engines that hand rows to a program: Spark's ``transform``.

Run as ``python -m service_kpis.sentiment_lines``. A line in has the hash of a text, the text and its language
code, the two last as the hexadecimal digits of their UTF-8 bytes, so that neither tabs nor line breaks are in
them; a line out has the columns of `int_text_sentiments`. Columns are apart by tabs; ``\N`` is null.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import islice

from service_kpis.sentiment import CLASSIFIER_NAME, classifier_version, classify_all

NULL = "\\N"
TEXTS_AT_ONCE = 20_000


def classified(lines: Iterable[str]) -> Iterator[str]:
    """The line out of each line in, in their order."""
    release = classifier_version()
    remaining = iter(lines)
    while some := [line.rstrip("\n").split("\t") for line in islice(remaining, TEXTS_AT_ONCE)]:
        found = classify_all((_text(body), _text(language)) for _, body, language in some)
        for (text_hash, *_), read in zip(some, found, strict=True):
            cells = (text_hash, read.language, read.label, CLASSIFIER_NAME, release)
            yield "\t".join(NULL if cell is None else cell for cell in cells)


def _text(digits: str) -> str | None:
    return None if digits == NULL else bytes.fromhex(digits).decode()


if __name__ == "__main__":
    for row in classified(sys.stdin):
        print(row)
