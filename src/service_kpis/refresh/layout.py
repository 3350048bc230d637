"""Where things are in the folder of the warehouse, and what a version says of itself.

::

    warehouse/
        current -> versions/20261105T020000.000Z    what readers open: current/service_kpis.duckdb
        versions/<version>/service_kpis.duckdb      read-only; one name, so one catalogue name in SQL
        versions/<version>/manifest.json            what it was built from
        versions/<version>/.published               it has been `current`
        .state/<version>/service_kpis_private.duckdb    raw to intermediate: the next refresh starts from it
        .build/                                     the refresh at work
        .trash/                                     what it is about to remove
        .failed/<version>/                          log and rows of refreshes that failed
        .journal.jsonl                              runs that are not in a published run history yet
        .writer.lock                                held by the refresh at work
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from service_kpis.errors import UserError

DATABASE_FILE = "service_kpis.duckdb"
PRIVATE_FILE = "service_kpis_private.duckdb"
# Its name in SQL while dbt builds; the views in it say it, so that it stays the same from run to run.
PRIVATE_DATABASE = "service_kpis_private"
MANIFEST_FILE = "manifest.json"
PUBLISHED_MARK = ".published"

# Raised when files of another layout must not be built upon.
LAYOUT = 1


@dataclass(frozen=True)
class Warehouse:
    """The folder that refresh writes and readers read."""

    root: Path

    @property
    def current(self) -> Path:
        """The link to the version that readers open."""
        return self.root / "current"

    @property
    def versions(self) -> Path:
        """One folder per version."""
        return self.root / "versions"

    @property
    def states(self) -> Path:
        """What refresh keeps for itself, one folder per version."""
        return self.root / ".state"

    @property
    def build(self) -> Path:
        """Where the refresh at work builds. One path for all: with another, dbt reads all its files anew."""
        return self.root / ".build"

    @property
    def failed(self) -> Path:
        """Traces of refreshes that failed, one folder per run."""
        return self.root / ".failed"

    @property
    def trash(self) -> Path:
        """What is being removed: it goes there in one step, then bit by bit."""
        return self.root / ".trash"

    @property
    def journal(self) -> Path:
        """One JSON document a line, of each run that no published run history has yet."""
        return self.root / ".journal.jsonl"

    @property
    def lock(self) -> Path:
        """The file that the refresh at work holds a lock on."""
        return self.root / ".writer.lock"

    @property
    def parse_cache(self) -> Path:
        """What dbt knows of the project, kept so that the next run need not read all of it."""
        return self.states / "partial_parse.msgpack"

    def current_version(self) -> str | None:
        """Name of the version that readers open; None before the first, or if its folder is gone.

        Raises:
            UserError: something that refresh did not make stands at ``current``.
        """
        if not self.current.is_symlink():
            if self.current.exists():
                raise UserError(
                    f"{self.current} is not the link that refresh makes: move it away, or choose another "
                    "folder with --warehouse."
                )
            return None
        name = self.current.readlink().name
        return name if self.database(name).is_file() else None

    def database(self, version: str) -> Path:
        """The published file of a version."""
        return self.versions / version / DATABASE_FILE

    def private(self, version: str) -> Path:
        """The private file of a version."""
        return self.states / version / PRIVATE_FILE

    def is_published(self, version: str) -> bool:
        """Has this version been ``current``?"""
        return (self.versions / version / PUBLISHED_MARK).exists()

    def published_versions(self) -> list[str]:
        """All versions that have been ``current`` and are still there, the oldest first."""
        if not self.versions.is_dir():
            return []
        return sorted(folder.name for folder in self.versions.iterdir() if self.is_published(folder.name))

    def manifest(self, version: str) -> "Manifest | None":
        """What a version says of itself; None if that cannot be read."""
        try:
            said = json.loads((self.versions / version / MANIFEST_FILE).read_text(encoding="utf-8"))
            return Manifest(**{name: said[name] for name in said if name in Manifest.__dataclass_fields__})
        except (OSError, ValueError, TypeError):
            return None


@dataclass(frozen=True)
class Manifest:
    """What a version was built from and what is in it.

    Attributes:
        version: its name.
        layout: ``LAYOUT`` of the program that wrote it.
        started_at: start of the refresh, ISO 8601, UTC.
        finished_at: when its file was closed, likewise.
        raw_path: folder of the raw tables; None for the demo.
        tables: columns delivered, by raw table.
        rows_read: raw rows, of all tables.
        rows_rejected: likewise.
        is_incremental: it was built upon the version before.
        size_bytes: of the published file.
    """

    version: str
    started_at: str
    finished_at: str
    raw_path: str | None = None
    tables: Mapping[str, list[str]] = field(default_factory=dict)
    rows_read: int = 0
    rows_rejected: int = 0
    is_incremental: bool = False
    size_bytes: int = 0
    layout: int = LAYOUT

    def to_json(self) -> str:
        """As it is written to the version's folder."""
        return json.dumps(asdict(self), indent=2) + "\n"


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(timezone.utc)


def iso(instant: datetime) -> str:
    """An instant as manifests and messages write it: ISO 8601 with milliseconds and ``Z``."""
    return instant.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant_of(text: str) -> datetime:
    """The instant of what ``iso`` wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def version_name(warehouse: Warehouse, started_at: datetime) -> str:
    """A name for the version that starts now; names sort as instants do."""
    while True:
        name = iso(started_at).replace("-", "").replace(":", "")
        if not (warehouse.versions / name).exists():
            return name
        started_at += timedelta(milliseconds=1)


def read_json(file: Path) -> dict[str, Any]:
    """The JSON object in a file; an empty one if there is none or it is torn."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
