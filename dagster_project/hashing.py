"""Gives each dbt connection the salt that personal data is hashed with.

A connection variable, so that the salt stands in no compiled SQL, view or log.
"""

import os

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection


class Plugin(BasePlugin):
    """dbt-duckdb plugin: `set variable pii_salt` on every cursor."""

    def configure_cursor(self, cursor: DuckDBPyConnection) -> None:
        salt = os.environ.get("FUNNELHOUSE_PII_SALT", "").replace("'", "''")
        cursor.execute(f"set variable pii_salt = '{salt}'")
