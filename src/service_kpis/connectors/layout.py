"""The raw layer's own description, read from the dbt project: its tables, their columns, their kinds."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from service_kpis.errors import UserError
from service_kpis.project import find_project

SOURCES_FILE = Path("models/raw/_raw__sources.yml")


@dataclass(frozen=True)
class RawColumn:
    """A column of a raw table.

    Attributes:
        name: the column's name.
        kind: ``id``, ``ts``, ``date``, ``int``, ``num``, ``bool`` or ``text``.
        is_required: a row must fill it.
    """

    name: str
    kind: str
    is_required: bool


def raw_layout(project: Path | None = None) -> Mapping[str, Mapping[str, RawColumn]]:
    """The columns of each raw table, in their order.

    Args:
        project: the folder of the dbt project; default: found from the working directory.

    Raises:
        UserError: the project or its description of the raw layer is missing.
    """
    file = (project or find_project()) / SOURCES_FILE
    if not file.is_file():
        raise UserError(
            f"{file} is missing: it says what the raw tables hold; restore it from the repository."
        )
    (source,) = (
        source
        for source in yaml.safe_load(file.read_text(encoding="utf-8"))["sources"]
        if source["name"] == "raw"
    )
    return {
        table["name"]: {column["name"]: _raw_column(column) for column in table["columns"]}
        for table in source["tables"]
    }


def _raw_column(column: Mapping) -> RawColumn:
    meta = column.get("config", {}).get("meta") or column.get("meta") or {}
    return RawColumn(name=column["name"], kind=meta["kind"], is_required=bool(meta.get("required", False)))
