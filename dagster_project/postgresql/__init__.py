"""The published generation in a PostgreSQL schema, for readers of such a server.

A function of the generation alone: nothing here parses dbt or knows what a table means.
"""

from dagster_project.postgresql.connecting import PostgresError, is_configured
from dagster_project.postgresql.copies import Copy, publish_current
from dagster_project.postgresql.looking import Shown, look

__all__ = ["Copy", "PostgresError", "Shown", "is_configured", "look", "publish_current"]
