"""The raw layer as the dbt project describes it: its tables, their columns and kinds."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from service_kpis.errors import UserError
from service_kpis.project import find_project

SOURCES_FILE = Path("models/raw/_raw__sources.yml")
POLICY_FILE = Path("models/raw/_policy__sources.yml")


@dataclass(frozen=True)
class RawColumn:
    """A column of a raw table.

    Attributes:
        name: the column's name.
        kind: ``id``, ``ts``, ``date``, ``int``, ``num``, ``bool`` or ``text``.
        is_required: a row must fill it.
        values: the words allowed, lower case; empty if any are.
        is_personal: stays in staging, and is hashed wherever it is shown.
    """

    name: str
    kind: str
    is_required: bool
    values: tuple[str, ...] = ()
    is_personal: bool = False


@dataclass(frozen=True)
class RawTable:
    """A raw table.

    Attributes:
        name: the table's name.
        is_optional: a build does without it.
        columns: its columns by name, in their order.
    """

    name: str
    is_optional: bool
    columns: Mapping[str, RawColumn]


def raw_layout(project: Path | None = None) -> Mapping[str, RawTable]:
    """The raw tables by name, in their order.

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
        table["name"]: RawTable(
            name=table["name"],
            is_optional=bool(_meta(table).get("optional", False)),
            columns={column["name"]: _raw_column(column) for column in table["columns"]},
        )
        for table in source["tables"]
    }


def policy_names(project: Path) -> list[str]:
    """The policy tables, in their order."""
    text = (project / POLICY_FILE).read_text(encoding="utf-8")
    (source,) = yaml.safe_load(text)["sources"]
    return [table["name"] for table in source["tables"]]


def entries_of(folder: Path) -> set[str]:
    """Names of what there is in a folder of raw tables.

    Raises:
        UserError: there is no such folder, or it may not be read.
    """
    try:
        return {entry.name for entry in folder.iterdir()}
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(
            f"no folder at {folder}: --raw-path takes the folder that holds raw_tickets.csv (or .parquet) "
            "and the others."
        ) from None
    except PermissionError:
        raise UserError(f"{folder} cannot be read: give the user that runs this the right to.") from None


def _meta(node: Mapping) -> Mapping:
    return node.get("config", {}).get("meta") or {}


def _raw_column(column: Mapping) -> RawColumn:
    meta = _meta(column)
    return RawColumn(
        name=column["name"],
        kind=meta["kind"],
        is_required=bool(meta.get("required", False)),
        values=tuple(meta.get("values", ())),
        is_personal=bool(meta.get("personal", False)),
    )
