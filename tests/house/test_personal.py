"""Personal data stay in staging: by name, by the SQL that dbt compiles, and by the values themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = REPOSITORY / "models" / "raw" / "_raw__sources.yml"
CLOSED_SCHEMAS = ("intermediate", "marts", "kpis")
# What customers wrote, in one place for whoever labels its sentiment; no mart reads the words on.
MODELS_OF_WORDS = {"int_customer_texts", "int_unlabelled_texts"}

# As raw-layer texts: what names, addresses and words of people are.
EXPECTED_PERSONAL = {
    "raw_customers": {"email"},
    "raw_agents": {"agent_name", "email"},
    "raw_ticket_events": {"body"},
    "raw_survey_responses": {"comment"},
    "raw_self_service_sessions": {"search_query"},
    "raw_social_mentions": {"body"},
}
# Shorter values may be another column's by chance.
MIN_LENGTH = 6


def personal_columns() -> dict[str, set[str]]:
    """The personal columns of each raw table, as its specification marks them."""
    tables = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"][0]["tables"]
    found = {
        table["name"]: {
            column["name"] for column in table["columns"] if column["config"]["meta"].get("personal")
        }
        for table in tables
    }
    return {table: columns for table, columns in found.items() if columns}


PERSONAL_NAMES = set().union(*EXPECTED_PERSONAL.values())


def personal_words(sql: str) -> set[str]:
    """Personal columns that a compiled query speaks of: they may be compared with null, and hashed.

    Texts in quotes are values, such as the channel 'email'.
    """
    code = re.sub(r"--[^\n]*|'(?:[^']|'')*'", "''", sql)
    code = re.sub(r"\bmd5\(\s*[\w.]+\s*\)(\s+as\s+\w+)?", "", code)
    code = re.sub(r"\b[\w.]+\s+is\s+(not\s+)?null", "", code)
    return {name for name in PERSONAL_NAMES if re.search(rf"\b{name}\b", code)}


def test_personal_columns_are_marked() -> None:
    assert personal_columns() == EXPECTED_PERSONAL


@pytest.mark.parametrize("schema", CLOSED_SCHEMAS)
def test_no_personal_column_by_name(
    schema: str, models: dict[str, Any], built_columns: dict[str, list[str]]
) -> None:
    names = [name for name, node in models.items() if node.schema == schema]
    assert names
    found = {
        name: words
        for name in names
        if (words := PERSONAL_NAMES.intersection(built_columns[name])) and not is_masked(models[name], words)
    }
    assert found.keys() - MODELS_OF_WORDS == set()


def is_masked(node: Any, words: set[str]) -> bool:
    """Whether a model shows each of these columns through the macro that hashes it."""
    return all(re.search(rf"masked\('[\w.]*\b{word}'\)", node.raw_code) for word in words)


@pytest.mark.parametrize("schema", CLOSED_SCHEMAS)
def test_no_personal_column_in_compiled_sql(schema: str, project, models: dict[str, Any]) -> None:
    wrong = {
        name: words
        for name, node in models.items()
        if node.schema == schema and (words := personal_words(project.compiled[node.unique_id]))
    }
    assert wrong.keys() - MODELS_OF_WORDS == set(), wrong


def test_each_model_of_words_still_has_them(models: dict[str, Any]) -> None:
    assert {name for name in MODELS_OF_WORDS if "body" in models[name].columns} == MODELS_OF_WORDS


def test_personal_words_are_seen() -> None:
    assert personal_words("select customers.email from x") == {"email"}
    assert personal_words("select lower(body) as words") == {"body"}
    assert personal_words("select md5(agents.agent_name) as agent_name, email") == {"email"}
    assert personal_words("where channel = 'email' and body is not null -- the comment") == set()


def personal_values(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `personal_values` of everything personal that the demo has."""
    parts = [
        f"select distinct {column} as personal_value from raw.{table} where length({column}) >= {MIN_LENGTH}"
        for table, columns in EXPECTED_PERSONAL.items()
        for column in columns
    ]
    connection.execute(f"create temp table personal_values as {' union '.join(parts)}")


def test_no_personal_value_beyond_staging(demo: Path) -> None:
    with duckdb.connect(str(demo), read_only=True) as connection:
        personal_values(connection)
        count = connection.execute("select count(*) from personal_values").fetchone()
        assert count and count[0] > 100
        columns = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns "
            "where table_schema in ('intermediate', 'marts', 'kpis', 'quality') and data_type = 'VARCHAR'"
        ).fetchall()
        assert len(columns) > 100
        leaks = [
            f"{schema}.{table}.{column}: {example[0]}"
            for schema, table, column in columns
            if table not in MODELS_OF_WORDS
            and (
                example := connection.execute(
                    f"select min({column}) from {schema}.{table} "
                    f"where {column} in (select personal_value from personal_values)"
                ).fetchone()
            )
            and example[0] is not None
        ]
    assert leaks == []
