"""The classifier as a filter of lines: what Spark pipes its texts through."""

from __future__ import annotations

import subprocess
import sys

from service_kpis.sentiment import CLASSIFIER_NAME, classifier_version
from service_kpis.sentiment_lines import NULL, classified


def line(text_hash: str, text: str | None, language: str | None) -> str:
    digits = [NULL if value is None else value.encode().hex().upper() for value in (text, language)]
    return "\t".join([text_hash, *digits]) + "\n"


def test_each_line_has_its_line() -> None:
    lines = [
        line("a", "Toujours pas de réponse,\nc'est\tnul", "fr-CA"),
        line("b", "I love it, thank you very much", None),
        line("c", "👍", "de"),
    ]
    release = [CLASSIFIER_NAME, classifier_version()]
    assert [row.split("\t") for row in classified(lines)] == [
        ["a", "fr", "negative", *release],
        ["b", "en", "positive", *release],
        ["c", "de", NULL, *release],
    ]


def test_no_lines_give_none() -> None:
    assert list(classified([])) == []


def test_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "service_kpis.sentiment_lines"],
        input=line("a", "parfait, merci beaucoup", "fr"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\t")[:3] == ["a", "fr", "positive"]
