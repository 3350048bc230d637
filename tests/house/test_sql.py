"""How SQL and macros are written, as rules over their text. Each rule carries a text that breaks it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Rule:
    """Something that must not be found in the files of some folders.

    `but_in` are path prefixes where it belongs; `breaks` and `keeps` are texts that the rule must find fault
    with, and must not.
    """

    name: str
    pattern: str
    folders: tuple[str, ...]
    breaks: tuple[str, ...]
    keeps: tuple[str, ...] = ()
    but_in: tuple[str, ...] = ()

    def faults(self, text: str) -> list[str]:
        """The lines, with their number, in which the rule is broken."""
        code = without_comments(text)
        return [
            f"{code.count(chr(10), 0, match.start()) + 1}: {match.group(0).strip()}"
            for match in re.finditer(self.pattern, code, re.IGNORECASE | re.MULTILINE)
        ]

    def files(self) -> list[Path]:
        """The files that the rule is about."""
        return [
            path
            for folder in self.folders
            for path in sorted((REPOSITORY / folder).rglob("*.sql"))
            if not path.relative_to(REPOSITORY).as_posix().startswith(self.but_in or ("\0",))
        ]


def without_comments(text: str) -> str:
    """The text with its comments blanked; lines keep their numbers."""
    return re.sub(
        r"\{#.*?#\}|--[^\n]*|/\*.*?\*/",
        lambda comment: re.sub(r"[^\n]", " ", comment.group(0)),
        text,
        flags=re.DOTALL,
    )


EVERYWHERE = ("models", "macros", "analyses", "tests/data")
STATEMENTS = ("models", "analyses", "tests/data")

RULES = [
    Rule(
        "engines differ in macros/dialect alone",
        r"adapter\s*\.\s*dispatch|target\s*\.\s*(type|name)|\b(duckdb|postgres|spark)__\w+",
        EVERYWHERE,
        breaks=("{{ adapter.dispatch('x')() }}", "{% if target.type == 'spark' %}", "{% macro spark__x() %}"),
        keeps=("{{ utc_to_local(x, zone) }}", "{# target.type #}"),
        but_in=("macros/dialect/",),
    ),
    Rule(
        "nothing reads the clock",
        r"\bcurrent_(timestamp|date|time)\b|"
        r"\b(now|utcnow|getdate|today|localtimestamp|sysdate|transaction_timestamp)\s*\(",
        EVERYWHERE,
        breaks=(
            "select current_timestamp",
            "select NOW()",
            "current_date - 1",
            "modules.datetime.datetime.now()",
            "modules.datetime.datetime.utcnow()",
        ),
        keeps=("status_now", "-- as it is now (open)", "modules.datetime.datetime(year, 1, 1)"),
    ),
    Rule(
        "the start of the run is read in one place",
        r"run_started_at",
        EVERYWHERE,
        breaks=("{{ run_started_at }}",),
        but_in=("macros/raw/run_instants.sql",),
    ),
    Rule(
        "no KPI arithmetic outside macros/kpis",
        r"\b100(\.0)?\s*\*|\*\s*100(\.0)?\b|\b(avg|median|mean|quantile\w*)\s*\(|\bpercentile\w*\s*\(|"
        r"\bpercentile_cont\b|\b0?\.(75|25)\b|\b1\.96\b|"
        r"\b(score|rating|ces_ease|ease|nps\w*|csat\w*)\s*(>=|<=|>|<|=|between)\s*\d",
        # A data test is a second route to a figure: it does its own arithmetic.
        ("models", "analyses"),
        breaks=(
            "100 * x / y",
            "x / y * 100.0",
            "avg(score)",
            "percentile_cont(0.5) within group",
            "{{ percentile('x', 0.5) }}",
            "responses.score >= 9",
            "ces_ease <= 3",
            "where score between 9 and 10",
        ),
        keeps=("is_answered and score is not null", "nps_bucket = 'detractor'", "{{ nps('score') }}"),
    ),
    Rule(
        "what is divided is guarded against 0",
        r"(?<![/*])/(?![/*])(?!\s*(nullif\(|\d|count\(\*\)))",
        ("models", "macros/kpis", "analyses", "tests/data"),
        breaks=("a / b", "sum(a) / sum(b)"),
        # A group has a row.
        keeps=("a / nullif(b, 0)", "a / 60", "sum(a) / count(*)"),
        # Numbers of answers to which a constant was added.
        but_in=("macros/kpis/_intervals.sql",),
    ),
    Rule(
        "a KPI macro is text in, text out",
        r"\b(ref|source|var|env_var|run_query|statement|load_relation)\s*\(|\bgraph\b|\bexecute\b",
        ("macros/kpis",),
        breaks=("{{ ref('x') }}", "{{ var('x') }}", "{% do run_query(x) %}", "{% if execute %}"),
        keeps=("ratio(a, b)",),
        # The frame around all KPIs reads the periods.
        but_in=("macros/kpis/_",),
    ),
    Rule(
        "aliases have three letters or more",
        r"\bas\s+(?!if\b|in\b|on\b|or\b|is\b|by\b)[a-z]\w?(?=\s|,|$|\))|^\s*\w{1,2}\s+as\s+\(|"
        r"\b(from|join)\s+[\w.]+\s+(?!on\b|as\b|or\b)[a-z]\w?(?=\s|$)",
        EVERYWHERE,
        breaks=("select 1 as a", "from tickets as t", "x as (", "from tickets t\n", "join tickets tk on"),
        keeps=("from tickets as new", "cast(x as text)", "left join tickets on a", "as {{ type_text() }}"),
    ),
    Rule(
        "casts, inequality and keywords are ANSI, in lower case",
        r"::\s*\w|!=|\bselect\s+distinct\s+on\b|\bqualify\b|\basof\b|\bmax_by\b|\bmin_by\b|\barg_m(ax|in)\b",
        STATEMENTS,
        breaks=("x::date", "a != b", "qualify row_number() over () = 1", "max_by(a, b)"),
        keeps=("a <> b", "cast(x as date)"),
    ),
    Rule(
        "groups and orders have names",
        r"\b(group|order)\s+by\s+\d",
        STATEMENTS,
        breaks=("group by 1, 2", "order by 1"),
        keeps=("group by ticket_id",),
    ),
    Rule(
        "no condition opens or closes a step",
        r"\{%-?\s*if\b(?s:(?!endif).)*?(\bas \(|^\s*\),?$)",
        ("models",),
        breaks=(
            "{% if is_incremental() %}\nnew_rows as (\n",
            "{%- if x -%}\n),\n{%- endif -%}",
        ),
        keeps=("{% if weights -%}\n1\n{% endif %} as weight\n),", "{{ 'union all' if not loop.last }}"),
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_is_kept(rule: Rule) -> None:
    faults = [
        f"{path.relative_to(REPOSITORY)}:{fault}"
        for path in rule.files()
        for fault in rule.faults(path.read_text(encoding="utf-8"))
    ]
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_sees_what_breaks_it(rule: Rule) -> None:
    assert rule.files()
    assert [text for text in rule.breaks if not rule.faults(text)] == []
    assert [text for text in rule.keeps if rule.faults(text)] == []


def test_one_public_macro_a_file() -> None:
    """Of a KPI's file, what is not the KPI is its helper, and stands after it."""
    for path in sorted((REPOSITORY / "macros" / "kpis").glob("*/[!_]*.sql")):
        names = re.findall(r"\{%-?\s*macro\s+(\w+)", path.read_text(encoding="utf-8"))
        assert names[0] == path.stem, f"{path.name} begins with {names[0]}"


def test_with_stands_alone() -> None:
    # What judges a raw row is written once, in a macro, and gives the steps of each base model.
    first_step = re.compile(r"^with\n\n(-- .*\n)*(\w+ as \(\n\n|\{\{ judge_raw\()", re.MULTILINE)
    wrong = [
        str(path.relative_to(REPOSITORY))
        for folder in ("models", "analyses")
        for path in sorted((REPOSITORY / folder).rglob("*.sql"))
        if not first_step.search(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "no blank line after `with`, or within the parentheses of the first step"
