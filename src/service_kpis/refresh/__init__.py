"""Refresh: build a warehouse in private, audit it, publish it in one step, go back to an earlier one."""

from service_kpis.refresh.flow import Outcome, Settings
from service_kpis.refresh.layout import Manifest, Warehouse
from service_kpis.refresh.rollback import Rollback, Version, list_versions, roll_back
from service_kpis.refresh.run import refresh

__all__ = [
    "Manifest",
    "Outcome",
    "Rollback",
    "Settings",
    "Version",
    "Warehouse",
    "list_versions",
    "refresh",
    "roll_back",
]
