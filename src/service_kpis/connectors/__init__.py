"""Connectors: what another tool exported, brought to the raw tables.

Each connector reads one kind of export and writes the raw tables that it can fill, as Parquet, into a folder
that ``dbt build --vars '{raw_path: FOLDER}'`` reads. Connectors move data: they compute no KPI.
"""

from service_kpis.connectors.csv_file import load_csv
from service_kpis.connectors.report import LoadReport
from service_kpis.connectors.servicenow import load_servicenow, servicenow_figures

__all__ = ["LoadReport", "load_csv", "load_servicenow", "servicenow_figures"]
