"""Customer-service KPIs: made-up data, input checks, refresh, exports around the dbt project."""

__version__ = "0.1.0"
