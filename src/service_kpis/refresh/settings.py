"""What dbt reads before it starts, looked at first so that a mistake is one line: profile and variables."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from service_kpis.errors import UserError
from service_kpis.project import PROJECT_NAME

TARGET = "refresh"
PROFILES_FILE = "profiles.yml"


def check_profile(project: Path, name: str = TARGET, engine: str = "duckdb") -> Path:
    """The folder of the profile that dbt would use, which has a target for refreshes.

    Args:
        project: folder of the dbt project.
        name: of the target.
        engine: its type.

    Raises:
        UserError: there is none, it cannot be read, or it has no such target.
    """
    folder = _profiles_folder(project)
    file = folder / PROFILES_FILE
    example = f"copy what {project / 'profiles.yml.example'} has under {PROJECT_NAME}"
    try:
        profiles = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no {file}: copy {project / 'profiles.yml.example'} there.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UserError(f"{file}{line} is no YAML: put it right, or {example}.") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "").lower() or "it is no text in UTF-8"
        raise UserError(
            f"{file} cannot be read ({reason}): give the user that refreshes the right to."
        ) from error
    profile = profiles.get(PROJECT_NAME) if isinstance(profiles, dict) else None
    outputs = profile.get("outputs") if isinstance(profile, dict) else None
    target = outputs.get(name) if isinstance(outputs, dict) else None
    if not isinstance(target, dict):
        raise UserError(f"{file} has no target {name}: {example}.")
    if target.get("type") != engine:
        raise UserError(f"{file}: target {name} is not of type {engine}: {example}.")
    return folder


def _profiles_folder(project: Path) -> Path:
    """As dbt looks for it: what the environment says, the folder it runs in, the home folder."""
    if os.environ.get("DBT_PROFILES_DIR"):
        return Path(os.environ["DBT_PROFILES_DIR"]).absolute()
    if (project / PROFILES_FILE).exists():
        return project
    home = Path.home() / ".dbt"
    return home if (home / PROFILES_FILE).exists() else project


def check_variables(variables: Mapping[str, Any]) -> None:
    """Looks for variables that have no place in published files.

    Raises:
        UserError: there is one.
    """
    if variables.get("raw_schema"):
        raise UserError(
            "raw_schema names a schema of a database, and refresh reads files on DuckDB: "
            "name their folder with --raw-path, or use --target postgres."
        )
    check_prefix(variables)


def check_prefix(variables: Mapping[str, Any]) -> None:
    """Looks for a prefix of schemas, which nothing that is published has.

    Raises:
        UserError: there is one.
    """
    if variables.get("schema_prefix"):
        raise UserError(
            "schema_prefix keeps people on one database apart: what is published has none, leave it out."
        )
