"""What the house tests read: models, macros and the built demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.contracts.graph.manifest import Manifest

Columns = dict[str, list[str]]


@pytest.fixture(scope="session")
def manifest(project) -> Manifest:
    """dbt's picture of the project."""
    return project.manifest


@pytest.fixture(scope="session")
def models(manifest: Manifest) -> dict[str, Any]:
    """The models by their name."""
    return {node.name: node for node in manifest.nodes.values() if node.resource_type == "model"}


@pytest.fixture(scope="session")
def demo(build_warehouse) -> Path:
    """The demo warehouse."""
    return build_warehouse(None, {}, "demo")


@pytest.fixture(scope="session")
def built_columns(demo: Path) -> Columns:
    """Columns of each table and view of the demo warehouse in their order, by the name of the table."""
    query = """
        select table_name, list(column_name order by ordinal_position)
        from information_schema.columns
        where table_schema in ('staging', 'quality', 'intermediate', 'marts', 'kpis')
        group by table_name
    """
    with duckdb.connect(str(demo), read_only=True) as connection:
        return dict(connection.execute(query).fetchall())
