"""The published generation in a PostgreSQL schema, for readers of such a server.

A function of the generation alone: nothing here parses dbt or knows what a table means.
"""

from dagster_project.postgresql.connecting import PostgresError, is_configured
from dagster_project.postgresql.copies import Copy, publish_current

__all__ = ["Copy", "PostgresError", "is_configured", "publish_current"]
