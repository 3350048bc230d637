"""The layers: what a model may read. raw → staging → intermediate → marts → kpis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from dbt.contracts.graph.manifest import Manifest

LAYERS = ("base", "staging", "touched", "intermediate", "marts", "kpis", "quality")

# What the models of a layer may read. `policy` is the models that read the policy's seeds.
ALLOWED = {
    "base": {"raw", "base"},
    "staging": {"base", "staging", "policy", "policy_seeds", "reference"},
    # What arrived is known of the judged rows alone: a version that was superseded names what it was about,
    # too.
    "touched": {"base", "staging", "intermediate", "touched"},
    "intermediate": {"staging", "policy", "intermediate", "touched"},
    "marts": {"staging", "policy", "intermediate", "touched", "marts"},
    "kpis": {"marts", "policy", "kpis", "reference"},
    "quality": {"raw", "base", "staging"},
}

EXCEPTIONS = {
    # The gate: nothing may be measured before it is known how much was rejected.
    ("stg_reporting_window", "rejected_rows"),
    ("stg_reporting_window", "row_reconciliation"),
    # `as_of`, the only now.
    ("measures_support_cost", "stg_reporting_window"),
    # When this run began, of which no macro can tell a Python model.
    ("int_text_sentiments", "builds"),
    # Whether there are any: no fact has one row per subscription.
    ("measures_customers", "stg_subscriptions"),
    ("measures_customer_risks", "stg_subscriptions"),
}


@dataclass(frozen=True)
class Edge:
    """One model that reads another node."""

    reader: str
    reader_layer: str
    parent: str
    parent_layer: str


def layer(manifest: Manifest, unique_id: str) -> str:
    """The layer of a model, a seed or a source."""
    if unique_id in manifest.sources:
        return manifest.sources[unique_id].source_name
    node = manifest.nodes[unique_id]
    folders = node.original_file_path.split("/")
    if folders[0] == "seeds":
        return {"raw": "raw", "policy": "policy_seeds", "reference": "reference"}[folders[1]]
    if folders[1] == "staging" and folders[2] == "base":
        return "base"
    if folders[2] == "touched":
        return "touched"
    if folders[1] == "staging" and reads_policy_seed(manifest, node):
        return "policy"
    return folders[1]


def reads_policy_seed(manifest: Manifest, node: Any) -> bool:
    """Whether a model is the typed form of a policy table."""
    parents = (manifest.nodes[parent] for parent in node.depends_on.nodes if parent in manifest.nodes)
    return any(parent.original_file_path.startswith("seeds/policy/") for parent in parents)


def edges(manifest: Manifest) -> list[Edge]:
    """Everything that a model reads."""
    return [
        Edge(node.name, layer(manifest, node.unique_id), parent.split(".")[-1], layer(manifest, parent))
        for node in manifest.nodes.values()
        if node.resource_type == "model"
        for parent in node.depends_on.nodes
    ]


def broken(found: list[Edge]) -> list[Edge]:
    """The edges that no rule allows."""
    return [
        edge
        for edge in found
        if edge.parent_layer not in ALLOWED[edge.reader_layer.replace("policy", "staging")]
        and (edge.reader, edge.parent) not in EXCEPTIONS
    ]


@pytest.mark.parametrize("reader_layer", LAYERS)
def test_a_layer_reads_only_what_it_may(reader_layer: str, manifest: Manifest) -> None:
    found = [
        edge for edge in edges(manifest) if edge.reader_layer.replace("policy", "staging") == reader_layer
    ]
    assert found, f"no model of {reader_layer}"
    wrong = [f"{edge.reader} reads {edge.parent} ({edge.parent_layer})" for edge in broken(found)]
    assert not wrong, "\n" + "\n".join(sorted(wrong))


@pytest.mark.parametrize(
    "edge",
    [
        Edge("stg_x", "staging", "raw_x", "raw"),
        Edge("int_x", "intermediate", "raw_x", "raw"),
        Edge("int_x", "intermediate", "base_x", "base"),
        Edge("int_x", "intermediate", "fct_x", "marts"),
        Edge("fct_x", "marts", "kpi_values", "kpis"),
        Edge("fct_x", "marts", "base_x", "base"),
        Edge("kpi_x", "kpis", "int_x", "intermediate"),
        Edge("kpi_x", "kpis", "stg_tickets", "staging"),
        Edge("row_x", "quality", "fct_x", "marts"),
    ],
    ids=lambda edge: f"{edge.reader_layer} reads {edge.parent_layer}",
)
def test_the_rule_sees_what_breaks_it(edge: Edge) -> None:
    assert broken([edge]) == [edge]


def test_each_exception_is_still_needed(manifest: Manifest) -> None:
    assert {(edge.reader, edge.parent) for edge in edges(manifest)} >= EXCEPTIONS


def test_every_model_is_in_the_schema_of_its_layer(models: dict[str, Any]) -> None:
    wrong = [
        f"{name}: {node.schema}"
        for name, node in models.items()
        if node.schema != node.original_file_path.split("/")[1]
    ]
    assert not wrong


def test_names_tell_the_layer(models: dict[str, Any]) -> None:
    prefixes = {
        "staging": ("stg_", "base_"),
        "intermediate": ("int_",),
        "marts": ("dim_", "fct_"),
    }
    wrong = [
        name
        for name, node in models.items()
        if not name.startswith(prefixes.get(node.original_file_path.split("/")[1], ("",)))
    ]
    assert not wrong
