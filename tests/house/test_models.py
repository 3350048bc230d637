"""Every model says what one row is, proves it with a test, and describes each of its columns."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.contracts.graph.manifest import Manifest

REPOSITORY = Path(__file__).resolve().parents[2]
# Rows as they were delivered, duplicates included, have no key: the reconciliation counts them.
WITHOUT_KEY = ("base_", "rejected_rows")
ONE_ROW = ("stg_reporting_window",)
# PostgreSQL refuses longer names of tables, and a unit test runs as a table of its name.
LONGEST_NAME = 63
# What others read: a contract keeps its columns. The measures are parts of kpi_values, which has one.
PUBLIC = ("models/marts/", "models/kpis/")
PARTS = ("models/kpis/measures/", "models/kpis/scorecard/scorecard_points.sql")

# What BI tools, the command line and the dashboard rely on.
FIXED_COLUMNS = {
    "kpi_values": [
        "kpi_key",
        "kpi_variant",
        "period_grain",
        "period_start_date",
        "dimension",
        "member",
        "numerator",
        "denominator",
        "value",
        "unit",
        "sample_count",
        "immature_count",
        "lower_bound",
        "upper_bound",
        "is_small_sample",
        "is_complete_period",
    ],
    "kpi_scorecard": [
        "kpi_key",
        "kpi_variant",
        "period_grain",
        "dimension",
        "member",
        "period_start_date",
        "value",
        "previous_value",
        "year_before_value",
        "change",
        "change_year",
        "moving_value",
        "target",
        "attainment",
        "is_small_sample",
        "signal",
    ],
    "kpi_pairs_watch": [
        "efficiency_kpi_key",
        "quality_kpi_key",
        "period_grain",
        "period_start_date",
        "dimension",
        "member",
        "efficiency_value",
        "efficiency_change",
        "quality_value",
        "quality_change",
        "is_at_the_expense",
    ],
    "kpi_catalog": [
        "kpi_key",
        "name_en",
        "name_fr",
        "abbreviation_en",
        "abbreviation_fr",
        "family",
        "unit",
        "good_direction",
        "review_cadence",
        "articles",
        "numerator",
        "denominator",
        "dated_by",
        "is_additive",
        "headline_variant",
    ],
    "knowledge_gaps": ["topic", "question_count", "customer_count", "last_asked_at"],
    "rejected_rows": ["raw_table", "row_key", "rule", "raw_values", "source_file"],
    "row_reconciliation": [
        "raw_table",
        "rows_read",
        "rows_accepted",
        "rows_rejected",
        "rows_duplicate",
        "rows_superseded",
        "rows_not_yet",
    ],
}


def model_files() -> list[Path]:
    return sorted((REPOSITORY / "models").rglob("*.sql"))


def is_key_test(test: Any) -> bool:
    """Whether a data test looks for keys that occur twice."""
    metadata = getattr(test, "test_metadata", None)
    if metadata is None or test.config.severity.lower() != "error":
        return False
    return metadata.name == "unique" or (metadata.name == "sound" and bool(metadata.kwargs.get("key")))


def keyed_models(manifest: Manifest) -> set[str]:
    """Models whose key is tested to occur once.

    The measures are the rows of kpi_values and have its key: twice there, twice here.
    """
    keyed = {
        node.attached_node for node in manifest.nodes.values() if is_key_test(node) and node.attached_node
    }
    values = manifest.nodes["model.service_kpis.kpi_values"]
    if values.unique_id in keyed:
        keyed.update(parent for parent in values.depends_on.nodes if ".measures_" in parent)
    return {unique_id.split(".")[-1] for unique_id in keyed}


def faults_of(node: Any, has_tested_key: bool, columns: list[str] | None) -> list[str]:
    """What a model does not say of itself. columns: those it was built with, in their order."""
    faults = []
    grain = "one row" if node.name in ONE_ROW else "one row per "
    if not re.match(rf"(\{{\{{ config\(.*\n\n)?-- Grain: {grain}", node.raw_code):
        faults.append(f"no first line `-- Grain: {grain}…`")
    if not node.description.startswith(grain.capitalize()):
        faults.append(f"no description that begins `{grain.capitalize()}`")
    if not has_tested_key and not node.name.startswith((*WITHOUT_KEY, *ONE_ROW)):
        faults.append("no test of its key (sound)")
    expected_file = f"service_kpis://{node.original_file_path.removesuffix('.sql')}.yml"
    if node.patch_path != expected_file:
        faults.append("no YAML of its name beside it")
    undescribed = [name for name, column in node.columns.items() if not column.description.strip()]
    if undescribed:
        faults.append(f"columns without description: {', '.join(undescribed)}")
    if columns is not None and list(node.columns) != columns:
        unlisted = [name for name in columns if name not in node.columns]
        unknown = [name for name in node.columns if name not in columns]
        faults.append(
            f"columns of the YAML are not those of the SQL in order (lacks {unlisted}, has {unknown})"
        )
    path = node.original_file_path
    if path.startswith(PUBLIC) and not path.startswith(PARTS) and not node.config.contract.enforced:
        faults.append("no contract")
    return faults


@pytest.mark.parametrize("name", [path.stem for path in model_files()])
def test_model_says_what_it_is(
    name: str, models: dict[str, Any], manifest: Manifest, built_columns: dict[str, list[str]]
) -> None:
    assert faults_of(models[name], name in keyed_models(manifest), built_columns[name]) == []


def test_each_fault_is_seen(models: dict[str, Any], built_columns: dict[str, list[str]]) -> None:
    name = "fct_tickets"
    columns = built_columns[name]

    def faults(change: Callable[[Any], None], **others: Any) -> list[str]:
        node = models[name].from_dict(models[name].to_dict())
        change(node)
        return faults_of(node, others.get("has_tested_key", True), others.get("columns", columns))

    def undescribe(node: Any) -> None:
        node.columns["ticket_id"].description = " "

    def no_contract(node: Any) -> None:
        node.config.contract.enforced = False

    assert faults(lambda node: None) == []
    assert faults(lambda node: setattr(node, "raw_code", "select 1"))
    assert faults(lambda node: setattr(node, "description", "Tickets."))
    assert faults(lambda node: setattr(node, "patch_path", "service_kpis://models/marts/marts.yml"))
    assert faults(undescribe)
    assert faults(no_contract)
    assert faults(lambda node: None, has_tested_key=False)
    assert faults(lambda node: None, columns=columns[::-1])


def too_long(names: list[str]) -> list[str]:
    return [name for name in names if len(name) > LONGEST_NAME]


def test_names_fit_every_engine(manifest: Manifest) -> None:
    tables = [node.alias for node in manifest.nodes.values() if node.alias]
    unit_tests = [test.name for test in manifest.unit_tests.values()]
    assert len(unit_tests) > 0
    assert too_long([*tables, *unit_tests]) == []
    assert too_long(["n" * LONGEST_NAME, "n" * (LONGEST_NAME + 1)]) == ["n" * (LONGEST_NAME + 1)]


@pytest.mark.parametrize("name", ONE_ROW)
def test_model_of_one_row_has_one(name: str, demo: Path, models: dict[str, Any]) -> None:
    with duckdb.connect(str(demo), read_only=True) as connection:
        count = connection.execute(f"select count(*) from {models[name].schema}.{name}").fetchone()
    assert count == (1,)


@pytest.mark.parametrize("table", sorted(FIXED_COLUMNS))
def test_published_columns_are_there(table: str, built_columns: dict[str, list[str]]) -> None:
    lacking = [column for column in FIXED_COLUMNS[table] if column not in built_columns.get(table, [])]
    assert lacking == []


def test_kpi_tables_have_no_column_that_nobody_asked_for(built_columns: dict[str, list[str]]) -> None:
    for table in ("kpi_values", "kpi_catalog"):
        assert sorted(built_columns[table]) == sorted(FIXED_COLUMNS[table])


@pytest.mark.parametrize("name", [path.stem for path in model_files()])
def test_model_ends_with_its_final_step(name: str, project, models: dict[str, Any]) -> None:
    lines = project.compiled[models[name].unique_id].rstrip().splitlines()
    last = [line for line in lines if line.startswith("select ")]
    assert last == ["select * from final"], "the last line is `select * from final`, perhaps with a condition"


@pytest.mark.parametrize("path", model_files(), ids=lambda path: path.stem)
def test_final_step_lists_its_columns(path: Path) -> None:
    assert not stars_in_final_step(path.read_text(encoding="utf-8"))


def stars_in_final_step(sql: str) -> list[str]:
    """Stars in the step `final` that stand for columns."""
    final = re.search(r"^final as \(\n\n(.*?)^\),?$", sql, re.DOTALL | re.MULTILINE)
    return (
        re.findall(r"^\s*(?:select\s+)?(?:\w+\.)?\*,?(?:\s+from\b.*)?$", final.group(1), re.MULTILINE)
        if final
        else []
    )


def test_stars_in_the_final_step_are_seen() -> None:
    frame = (
        "final as (\n\n    select\n        {},\n        a * b as c,\n        count(*) as d\n    from x\n\n)\n"
    )
    assert stars_in_final_step(frame.format("*"))
    assert stars_in_final_step(frame.format("tickets.*"))
    assert stars_in_final_step("final as (\n\n    select * from x\n\n)\n")
    assert not stars_in_final_step(frame.format("tickets.ticket_id"))
