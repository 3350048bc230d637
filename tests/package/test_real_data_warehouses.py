"""Whole warehouses from published real data: the ServiceNow incident log, the SERVQUAL kiosk survey."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from service_kpis.connectors import load_csv, load_servicenow, servicenow_figures

from .real_data import INCIDENT_LOG, KIOSK_SURVEY, REPOSITORY, needs

BuildWarehouse = Callable[[Path | None, dict[str, Any], str], Path]


def all_years(
    connection: duckdb.DuckDBPyConnection, kpi: str, variant: str = "standard"
) -> tuple[float, float]:
    """Sums of numerator and denominator of a KPI over all years, overall."""
    return connection.execute(
        "select sum(numerator), sum(denominator) from kpis.kpi_values"
        " where kpi_key = ? and kpi_variant = ? and period_grain = 'year' and dimension = 'overall'",
        [kpi, variant],
    ).fetchone()


def yearly(connection: duckdb.DuckDBPyConnection, kpi: str, dimension: str) -> dict[str, float]:
    """Sum over all years of a count, by member of a dimension."""
    return dict(
        connection.execute(
            "select member, sum(numerator) from kpis.kpi_values"
            " where kpi_key = ? and period_grain = 'year' and dimension = ? group by member",
            [kpi, dimension],
        ).fetchall()
    )


@needs(INCIDENT_LOG)
def test_servicenow_log_becomes_a_warehouse(tmp_path: Path, build_warehouse: BuildWarehouse) -> None:
    load_servicenow(INCIDENT_LOG, tmp_path)
    published = servicenow_figures(INCIDENT_LOG)

    database = build_warehouse(tmp_path, {}, "servicenow")

    with duckdb.connect(str(database), read_only=True) as connection:

        def value(query: str) -> Any:
            return connection.execute(query).fetchone()[0]

        # 24,918 incidents of 141,712 rows, none lost on the way.
        assert published["updates"] == 141_712
        assert published["incidents"] == 24_918
        assert value("select count(*) from marts.fct_tickets where is_in_scope") == 24_918
        assert value("select count(*) from quality.rejected_rows") == 0
        assert all_years(connection, "ticket_volume")[0] == 24_918
        assert all_years(connection, "tickets_resolved")[0] == 24_918

        # The published reopen_count, by events derived from consecutive rows: 331 over 275 incidents.
        assert all_years(connection, "reopen_count")[0] == 331
        assert value("select count(*) from marts.fct_tickets where reopen_count > 0") == 275

        # Creation to the last solve by events; the log's own resolved_at gives 7.42 days, without the 1,556
        # incidents that have none (docs/connectors.md accounts for every one).
        minutes, tickets = all_years(connection, "resolution_time", "calendar_mean")
        assert tickets == 24_918
        assert minutes / tickets == pytest.approx(9_919.553174, abs=1e-6)
        assert value("select median(resolution_calendar_minutes) from marts.fct_tickets") == 907

        # By channel, priority and assignment group.
        assert yearly(connection, "ticket_volume", "priority") == {
            "urgent": 270,
            "high": 408,
            "normal": 23_466,
            "low": 774,
        }
        assert yearly(connection, "ticket_volume", "source") == {
            "Phone": 24_688,
            "Self service": 158,
            "Email": 59,
            "IVR": 9,
            "Direct opening": 4,
        }
        assert sum(yearly(connection, "tickets_resolved", "team").values()) == 24_918

        # The log holds no replies, surveys, contacts or costs: what is about absent tables has no rows,
        # what is about replies has no value.
        with_rows = {key for (key,) in connection.execute("select kpi_key from kpis.kpi_values").fetchall()}
        assert not with_rows & {"csat_avg", "nps", "support_cost", "answer_rate", "social_mentions"}
        assert value("select count(value) from kpis.kpi_values where kpi_key = 'first_response_time'") == 0


@needs(KIOSK_SURVEY)
def test_kiosk_survey_becomes_a_warehouse(tmp_path: Path, build_warehouse: BuildWarehouse) -> None:
    load_csv(REPOSITORY / "examples" / "mappings" / "servqual_kiosk.yml", KIOSK_SURVEY, tmp_path)

    database = build_warehouse(tmp_path, {}, "kiosk")

    with duckdb.connect(str(database), read_only=True) as connection:
        raw_gap, answers = connection.execute(
            "select avg(perception - expectation), count(*) from marts.fct_servqual_answers where is_complete"
        ).fetchone()
        assert round(raw_gap, 3) == -1.102
        gaps = dict(
            connection.execute(
                "select kpi_variant, value from kpis.kpi_values where kpi_key = 'servqual_gap'"
                " and period_grain = 'year' and dimension = 'overall'"
            ).fetchall()
        )
        # Eight dimensions of three items each: as many answers in each, so their mean is the raw one.
        assert len(gaps) == 9
        dimensions = [gap for variant, gap in gaps.items() if variant != "standard"]
        assert gaps["standard"] == pytest.approx(sum(dimensions) / 8, abs=1e-9)
        assert gaps["standard"] == pytest.approx(raw_gap, abs=1e-3)
        sample = connection.execute(
            "select sample_count from kpis.kpi_values where kpi_key = 'servqual_gap'"
            " and kpi_variant = 'standard' and period_grain = 'year' and dimension = 'overall'"
        ).fetchone()
        assert sample == (answers,)
