"""Published data that the project does not hold: tests that need a file skip where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
REAL_DATA = Path(os.environ.get("SERVICE_KPIS_REAL_DATA") or REPOSITORY.parent / "shared" / "data")
INCIDENT_LOG = REAL_DATA / "servicenow_uci498" / "incident_event_log.parquet"
KIOSK_SURVEY = REAL_DATA / "servqual_kiosk" / "kiosk.csv"


def needs(file: Path) -> pytest.MarkDecorator:
    """Skips a test, saying what is missing and how to name where it is."""
    return pytest.mark.skipif(
        not file.is_file(),
        reason=f"{file} is missing; SERVICE_KPIS_REAL_DATA names the folder of the real data",
    )
