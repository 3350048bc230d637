"""A refresh on an engine that is one database of schemas: their names, and where its raw rows come from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service_kpis.errors import UserError
from service_kpis.project import RAW_PATH_VARIABLE
from service_kpis.refresh.flow import Run, Settings, check_nothing_is_missing, demo_instead
from service_kpis.refresh.inputs import Delivery, read_delivery
from service_kpis.refresh.layout import LAYOUT, Manifest

# Schemas that readers may see, and all that are built.
PUBLISHED = ("kpis", "marts", "quality")
LAYERS = ("raw", "policy", "staging", "intermediate", *PUBLISHED)
# What builds write of themselves beside the models: an incremental one goes on from it.
BUILD_LOG = "quality.builds"
# Prefix of what a dry run builds, schema of the files that are loaded, schema of what refreshes know.
TRIAL = "trial_"
LOADED = "loaded"
STATE = "refresh"


@dataclass(frozen=True)
class Inputs:
    """Where raw rows come from: files that are loaded into a schema, a schema, or neither, for the demo."""

    source: str | None = None
    schema: str | None = None
    delivery: Delivery | None = None
    tables: Mapping[str, list[str]] = field(default_factory=dict)


def check_raw_schema(variables: Mapping[str, Any]) -> None:
    """Looks whether raw tables are kept where builds write.

    Raises:
        UserError: they are.
    """
    if variables.get("raw_schema") in LAYERS:
        raise UserError(
            f"raw_schema {variables['raw_schema']} is the name of a layer of the warehouse, and would "
            "give way to it: keep raw tables in another schema."
        )


def look_at_inputs(
    run: Run,
    settings: Settings,
    variables: Mapping[str, Any],
    last: Manifest | None,
    *,
    columns_of: Callable[[str], set[tuple[str, str]]],
) -> Inputs:
    """What the run will read.

    Args:
        run: the run.
        settings: of the refresh.
        variables: all dbt variables of the run, those of the project included.
        last: the version that readers see; None if there is none.
        columns_of: gives table and column of all columns in a schema.

    Raises:
        UserError: there is nothing to read, or less than the last version had.
    """
    schema = variables.get("raw_schema")
    if settings.raw_path is not None:
        delivery = read_delivery(settings.raw_path.absolute(), run.layout, run.policies)
        loaded = TRIAL + LOADED if settings.dry_run else str(schema or LOADED)
        inputs = Inputs(str(delivery.folder), loaded, delivery, delivery.tables)
    elif schema:
        columns = columns_of(str(schema))
        tables = {
            name: [column for column in table.columns if (name, column) in columns]
            for name, table in run.layout.items()
            if any(there == name for there, _ in columns)
        }
        inputs = Inputs(f"schema {schema}", str(schema), None, tables)
    else:
        inputs = Inputs()
    is_allowed = settings.allow_shrink
    how = f"the folder with --raw-path or in {RAW_PATH_VARIABLE}, or the schema in the variable raw_schema"
    demo_instead(inputs.source, last, is_allowed=is_allowed, how=how)
    if inputs.source:
        check_nothing_is_missing(inputs.source, last, inputs.tables, is_allowed=is_allowed)
    return inputs


def can_go_on(base: Manifest | None, settings: Settings, inputs: Inputs) -> bool:
    """May an incremental build go on from what a version has left?

    Args:
        base: that version; None if there is none.
        settings: of the refresh.
        inputs: what the run will read.
    """
    return bool(
        not settings.dry_run
        and not settings.full_refresh
        and base
        and base.layout == LAYOUT
        and base.raw_path == inputs.source
    )


def tables_to_publish(run: Run, prefix: str) -> list[str]:
    """What may stand in the schemas that are published: ``schema.name``, without the prefix of the build."""
    built = [name.removeprefix(prefix) for name in run.results.tables]
    return [name for name in built if name.split(".")[0] in PUBLISHED] + [BUILD_LOG]
