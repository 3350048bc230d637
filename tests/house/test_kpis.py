"""One KPI, one word: macro, card, worked cases, row of the catalogue and caller carry one name."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt.contracts.graph.manifest import Manifest

REPOSITORY = Path(__file__).resolve().parents[2]
MACROS = REPOSITORY / "macros" / "kpis"
WORKED = REPOSITORY / "tests" / "worked"

with (REPOSITORY / "seeds" / "reference" / "kpi_catalog.csv").open(encoding="utf-8", newline="") as sheet:
    CATALOG = {row["kpi_key"]: row for row in csv.DictReader(sheet)}

# Files whose name begins with a line are helpers of several KPIs.
MACRO_FILES = {path.stem: path for path in sorted(MACROS.glob("*/[!_]*.sql"))}
CARD_FILES = {path.stem: path for path in sorted(MACROS.glob("*/[!_]*.md"))}
WORKED_FILES = {path.stem: path for path in sorted(WORKED.glob("*.yml"))}
KPIS = sorted(CATALOG.keys() | MACRO_FILES.keys() | CARD_FILES.keys() | WORKED_FILES.keys())


def listed_kpis(sql: str) -> set[str]:
    """The KPIs that a model of models/kpis/measures lists."""
    return set(re.findall(r"'kpi':\s*'(\w+)'", sql))


def missing_links(
    kpi: str, manifest: Manifest, catalog: dict[str, Any], worked: dict[str, Path], callers: set[str]
) -> list[str]:
    """What of a KPI is not there, or is elsewhere than it belongs."""
    missing = []
    if kpi not in catalog:
        return ["a row of the catalogue"]
    family = catalog[kpi]["family"]
    macro = manifest.macros.get(f"macro.service_kpis.{kpi}")
    if macro is None or macro.original_file_path != f"macros/kpis/{family}/{kpi}.sql":
        missing.append(f"a macro in macros/kpis/{family}/{kpi}.sql")
    card = manifest.docs.get(f"doc.service_kpis.{kpi}")
    if card is None or card.original_file_path != f"macros/kpis/{family}/{kpi}.md":
        missing.append(f"a card in macros/kpis/{family}/{kpi}.md")
    if macro is not None and card is not None and macro.description != card.block_contents:
        missing.append(f"its card as the macro's description in macros/kpis/{family}/_{family}.yml")
    if kpi not in worked or yaml.safe_load(worked[kpi].read_text(encoding="utf-8"))["kpi"] != kpi:
        missing.append(f"worked cases in tests/worked/{kpi}.yml")
    if kpi not in callers:
        missing.append("a caller in models/kpis/measures")
    return missing


@pytest.fixture(scope="module")
def callers(models: dict[str, Any]) -> set[str]:
    """The KPIs listed by the models of which kpi_values is made."""
    parents = set(models["kpi_values"].depends_on.nodes)
    measures = [node for name, node in models.items() if name.startswith("measures_")]
    assert not [node.name for node in measures if node.unique_id not in parents], "not part of kpi_values"
    return set().union(*(listed_kpis(node.raw_code) for node in measures))


@pytest.mark.parametrize("kpi", KPIS)
def test_kpi_has_macro_card_worked_cases_caller_and_row(
    kpi: str, manifest: Manifest, callers: set[str]
) -> None:
    assert missing_links(kpi, manifest, CATALOG, WORKED_FILES, callers) == []


def test_a_missing_link_is_seen(manifest: Manifest, callers: set[str]) -> None:
    assert missing_links("nps", manifest, {}, WORKED_FILES, callers)
    assert missing_links("nps", manifest, {"nps": {"family": "speed"}}, WORKED_FILES, callers)
    assert missing_links("nps", manifest, CATALOG, {}, callers)
    assert missing_links("nps", manifest, CATALOG, {"nps": WORKED_FILES["fcr_rate"]}, callers)
    assert missing_links("nps", manifest, CATALOG, WORKED_FILES, set())
    assert missing_links("never_heard_of", manifest, CATALOG, WORKED_FILES, callers)


def test_no_kpi_is_called_that_the_catalogue_does_not_have(callers: set[str]) -> None:
    assert callers - CATALOG.keys() == set()


@pytest.mark.parametrize("kpi", sorted(MACRO_FILES))
def test_macro_and_card_point_to_the_kpi(kpi: str) -> None:
    source = MACRO_FILES[kpi].read_text(encoding="utf-8")
    header = source[: source.index("{% macro")]
    assert f"Card: {kpi}." in header, "the macro's header names its card"
    assert "part='value'" in source, "a KPI macro gives its parts"
    card = CARD_FILES[kpi].read_text(encoding="utf-8")
    assert card.startswith(f"{{% docs {kpi} %}}")
    for label in ("- numerator:", "- dated by:", "- unit:", "**Who counts.**", "**By hand.**"):
        assert label in card, f"the card lacks {label}"
    heading = next(line for line in card.splitlines() if line.startswith("### "))
    assert heading == f"### {title(kpi, 'en')} · {title(kpi, 'fr')}", "the card's names are the catalogue's"


def title(kpi: str, language: str) -> str:
    """A KPI's name with its abbreviation, if it has one."""
    row = CATALOG[kpi]
    abbreviation = row[f"abbreviation_{language}"]
    return f"{row[f'name_{language}']} ({abbreviation})" if abbreviation else row[f"name_{language}"]


def test_headline_variant_is_one_that_is_measured(demo: Path) -> None:
    with duckdb.connect(str(demo), read_only=True) as connection:
        measured = set(
            connection.execute("select distinct kpi_key, kpi_variant from kpis.kpi_values").fetchall()
        )
    wanted = {(kpi, row["headline_variant"]) for kpi, row in CATALOG.items()}
    assert wanted - measured == set(), "headline variants without a row on the demo"
    assert {kpi for kpi, _ in measured} == CATALOG.keys()
