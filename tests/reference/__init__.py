"""An independent second reading of the specification, in plain Python, to hold the warehouse against.

`load` reads a folder of raw CSV files and judges every row; `kpi_values` computes every row of the long
table by brute
force, with exact fractions and zoneinfo; `differences` compares it with rows computed elsewhere.
"""

from __future__ import annotations

from .company import Company
from .compare import differences
from .kpis_contacts import add_contact_kpis
from .kpis_costs import add_cost_kpis
from .kpis_loyalty import add_loyalty_kpis
from .kpis_self_service import add_self_service_kpis
from .kpis_social import add_social_kpis
from .kpis_surveys import add_survey_kpis
from .kpis_tickets import add_ticket_kpis
from .raw import Raw, RawError, load
from .sheet import Key, Row

__all__ = ["Key", "Raw", "RawError", "Row", "differences", "kpi_values", "load"]


def kpi_values(raw: Raw) -> dict[Key, Row]:
    """All rows of `kpi_values`: (kpi_key, variant, grain, period_start_date, dimension, member) -> Row.

    Empty when no accepted row has a main instant. Members other than `overall` appear where something was
    measured
    or left out as immature.
    """
    if raw.as_of is None:
        return {}
    company = Company(raw)
    sheet = company.sheet()
    for add in (
        add_ticket_kpis,
        add_survey_kpis,
        add_contact_kpis,
        add_social_kpis,
        add_loyalty_kpis,
        add_self_service_kpis,
        add_cost_kpis,
    ):
        add(company, sheet)
    return sheet.rows
