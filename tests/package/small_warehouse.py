"""A sound warehouse in SQL, its published part and its private one: small, with something for each rule."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import duckdb

TABLES = (
    "kpis.kpi_catalog",
    "kpis.kpi_scorecard",
    "kpis.kpi_values",
    "marts.fct_tickets",
    "quality.rejected_rows",
    "quality.row_reconciliation",
)
PERSONAL = {"raw_tickets": [], "raw_customers": ["email"]}
NOW = datetime(2026, 7, 2, 12, tzinfo=timezone.utc)

SOUND = """
    create schema kpis;
    create schema marts;
    create schema quality;

    create table kpis.kpi_catalog as from (values
        ('csat_satisfied_pct', 'Satisfied', 'Satisfaits', 'standard'),
        ('first_response_time', 'First response', 'Première réponse', 'business_median'),
        ('nps', 'NPS', 'NPS', 'standard'),
        ('response_time_bands', 'Bands', 'Fourchettes', 'within_1_hour')
    ) as catalog(kpi_key, name_en, name_fr, headline_variant);

    create table kpis.kpi_values as
    select
        kpi_key, kpi_variant, 'month' as period_grain, period_start_date,
        'overall' as dimension, 'all' as member,
        numerator::double as numerator, value::double as value, unit,
        period_start_date < date '2026-07-01' as is_complete_period
    from (values
        ('csat_satisfied_pct', 'standard', 80.0, 80.0, 'percent'),
        ('first_response_time', 'business_median', 1.0, 60.0, 'minutes'),
        ('first_response_time', 'business_p90', 1.0, 240.0, 'minutes'),
        ('nps', 'standard', 10.0, 10.0, 'points'),
        ('response_time_bands', 'within_1_hour', 50.0, 50.0, 'percent'),
        ('response_time_bands', 'within_8_hours', 90.0, 90.0, 'percent')
    ) as figures(kpi_key, kpi_variant, numerator, value, unit)
    cross join (
        select unnest([date '2026-05-01', date '2026-06-01', date '2026-07-01']) as period_start_date
    );

    create table kpis.kpi_scorecard as
    select
        kpi_key, kpi_variant, period_grain, date '2026-06-01' as period_start_date, dimension, member, value,
        'routine' as signal
    from kpis.kpi_values
    where period_start_date = date '2026-06-01' and kpi_variant <> 'business_p90';

    create table marts.fct_tickets as
    select range as ticket_id, timestamp '2026-07-01 00:00:00' + to_seconds(range) as created_at
    from range(2000);

    create table quality.row_reconciliation as from (values
        ('raw_customers', 500, 498, 2, 0, 0, 0),
        ('raw_tickets', 2101, 2000, 0, 50, 50, 1)
    ) as counts(
        raw_table, rows_read, rows_accepted, rows_rejected, rows_duplicate, rows_superseded, rows_not_yet
    );

    create table quality.rejected_rows as from (values
        ('raw_customers', 'C1', 'conflicting_key', '{"email": "5d41402abc4b2a76b9719d911017c592"}'),
        ('raw_customers', '', 'unreadable_line', '{"unreadable_line": "5d41402abc4b2a76b9719d911017c592"}')
    ) as rows(raw_table, row_key, rule, raw_values);
"""
PRIVATE = """
    create schema staging;
    create table staging.stg_response_time_bands as
    from (values ('within_1_hour', 60), ('within_8_hours', 480)) as bands(band_key, upper_minutes)
"""

RUN_HISTORY = """
    create table quality.run_history (
        version varchar, status varchar, started_at timestamp, finished_at timestamp, duration_seconds double,
        is_incremental boolean, rows_read bigint, rows_rejected bigint,
        tests_passed bigint, tests_warned bigint,
        changed_kpi_count bigint, new_signal_count bigint, reason varchar
    )
"""


def make_file(file: Path, base: str, change: str = "") -> Path:
    """Makes a DuckDB file by SQL and then changes it."""
    with duckdb.connect(str(file)) as connection:
        connection.execute(base)
        if change:
            connection.execute(change)
    return file
