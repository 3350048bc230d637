"""The project as a whole: variables, raw tables, and words that have no place in it."""

from __future__ import annotations

import csv
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]

VARIABLES: dict[str, Any] = {
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
    "max_rejected_share": 0.01,
    "schema_prefix": "",
    "mask_personal_data": True,
    "partition_grain": "month",
}
# Where raw data come from is said on the command line or in the environment, never in the project.
PLACES = {"raw_path", "raw_schema"}

# Words that speak of how the project was made, or of one machine.
FORBIDDEN_WORDS = (
    r"(?<![\w.])/(?:work|tmp|home|root|Users)/",
    r"(?i)\b(?:issue|ticket|task|pr)\s+#\d",
    r"(?<![\w&])#\d{2,}\b(?!\w)",
    r"(?i)\b(?:claude|anthropic|openai|chatgpt|copilot)\b",
    r"(?i)\b(?:this|last|previous|next|another|earlier)\s+session\b(?!')",
    r"(?i)\b(?:co-authored-by|generated with|as an ai)\b",
    r"(?i)\b(?:todo|fixme|xxx|hack)\b",
)
# A colour is no number of an issue; locks and licences are others' words.
FREE_OF_RULES = ("LICENSE", "requirements/", "seeds/raw/", "seeds/policy/", "tests/house/test_project.py")


def variable_faults(variables: dict[str, Any]) -> list[str]:
    """What differs from the variables that there are to be."""
    faults = [f"{name} is not declared" for name in VARIABLES.keys() - variables.keys()]
    faults += [f"{name} is unknown" for name in variables.keys() - VARIABLES.keys() - PLACES]
    faults += [
        f"{name} is {variables[name]!r}, not {default!r}"
        for name, default in VARIABLES.items()
        if name in variables and variables[name] != default
    ]
    return faults


def project_file() -> dict[str, Any]:
    return yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text(encoding="utf-8"))


def test_variables_and_their_defaults() -> None:
    assert variable_faults(project_file()["vars"]) == []


def test_variable_faults_are_seen() -> None:
    assert variable_faults({**VARIABLES, "as_of": None}) == []
    assert variable_faults({**VARIABLES, "min_responses": 20})
    assert variable_faults({**VARIABLES, "new_one": 1})
    assert variable_faults({name: value for name, value in VARIABLES.items() if name != "as_of"})


def test_no_variable_is_used_that_is_not_declared() -> None:
    used = {
        name
        for folder in ("models", "macros", "analyses", "tests/data", "seeds")
        for path in (REPOSITORY / folder).rglob("*")
        if path.suffix in (".sql", ".yml", ".md")
        for name in re.findall(r"(?<!env_)\bvar\(\s*[\"'](\w+)", path.read_text(encoding="utf-8"))
    }
    assert used - VARIABLES.keys() - PLACES == set()
    assert VARIABLES.keys() - used == set(), "declared and never used"


def test_readme_explains_every_variable() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert [name for name in [*VARIABLES, *sorted(PLACES)] if f"`{name}`" not in readme] == []


def test_the_check_of_variables_knows_every_variable() -> None:
    check = (REPOSITORY / "macros" / "raw" / "check_raw_inputs.sql").read_text(encoding="utf-8")
    assert [name for name in [*VARIABLES, *sorted(PLACES)] if f"'{name}'" not in check] == []


def tables_of(layer: str) -> dict[str, list[dict[str, Any]]]:
    """The columns of each raw or policy table, as its specification lists them."""
    path = REPOSITORY / "models" / "raw" / f"_{layer}__sources.yml"
    tables = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"][0]["tables"]
    return {table["name"]: table["columns"] for table in tables}


def seeds_of(layer: str) -> dict[str, dict[str, Any]]:
    path = REPOSITORY / "seeds" / layer / f"_{layer}__seeds.yml"
    return {seed["name"]: seed for seed in yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]}


@pytest.mark.parametrize(
    ("layer", "table"), [(layer, table) for layer in ("raw", "policy") for table in sorted(tables_of(layer))]
)
def test_seed_has_the_columns_of_its_source_as_text(layer: str, table: str) -> None:
    columns = [column["name"] for column in tables_of(layer)[table]]
    types = seeds_of(layer)[table]["config"]["column_types"]
    with (REPOSITORY / "seeds" / layer / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    assert sorted(types) == sorted(header), "each column of the file has its type"
    # A file may leave out when its rows arrived.
    assert [column for column in columns if column != "loaded_at"] == [c for c in types if c != "loaded_at"]
    # What a value means is staging's to judge: a seed that is read as a number has lost what was delivered,
    # and one read as an instant may have been read by the clock of a server.
    assert set(types.values()) == {"text"}


KINDS = {
    "id": "text",
    "text": "text",
    "ts": "timestamp",
    "date": "date",
    "int": "bigint",
    "num": "double",
    "bool": "boolean",
}


@pytest.mark.parametrize("table", sorted(tables_of("raw")))
def test_raw_column_has_kind_type_and_description(table: str) -> None:
    for column in tables_of("raw")[table]:
        meta = column["config"]["meta"]
        assert column["description"].strip(), column["name"]
        assert column["data_type"] == KINDS[meta["kind"]], (
            f"{column['name']} is {meta['kind']}, typed {column['data_type']}"
        )
    assert any(column["config"]["meta"].get("key") for column in tables_of("raw")[table]), "no key"


def project_files() -> list[Path]:
    """The files that belong to the project: those in git, and those that are about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    return [
        REPOSITORY / name
        for name in listed
        if not name.startswith(FREE_OF_RULES) and (REPOSITORY / name).is_file()
    ]


def forbidden_words(text: str) -> list[str]:
    """Words in a text that have no place in the project."""
    return [
        match.group(0) for pattern in FORBIDDEN_WORDS for match in re.finditer(pattern, text, re.MULTILINE)
    ]


def test_no_word_of_how_the_project_was_made() -> None:
    files = project_files()
    if not files:
        pytest.skip("not a git repository: what belongs to the project cannot be told")
    found = {}
    for path in files:
        try:
            words = forbidden_words(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
        if words:
            found[str(path.relative_to(REPOSITORY))] = words
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "see /work/notes.md",
        "written to /tmp/out",
        "fixes issue #12",
        "see #141",
        "as agreed in the last " + "session",
        "by Cla" + "ude",
        "# TO" + "DO",
    ],
)
def test_forbidden_words_are_seen(text: str) -> None:
    assert forbidden_words(text)


@pytest.mark.parametrize(
    "text", ["the chat session's messages", "a session of the visitor", "colour #fff0ee", "## 3. Cards"]
)
def test_other_words_are_left_alone(text: str) -> None:
    assert forbidden_words(text) == []


def test_dbt_finds_no_fault_with_our_settings(demo: Path) -> None:
    """A key of ours that an adapter has a meaning for would be told of at every model, in every build."""
    log = (demo.parent / "logs" / "dbt.log").read_text(encoding="utf-8")
    told = [line for line in log.splitlines() if "custom config" in line or "deprecat" in line.lower()]
    assert told == []
