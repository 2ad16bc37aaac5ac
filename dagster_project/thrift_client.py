"""Statements over Thrift, for the Python of the Spark environment; run as a script.

Reads `{"host", "port", "user", "statements", "queries"}` as JSON from standard input,
runs the statements, and writes for each query a line `{"name", "columns", "rows"}`.
Imports nothing of ours: that environment does not have it.
"""

import json
import sys
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pyhive import hive  # type: ignore[import-not-found]

# as dbt/profiles.yml has them for dbt's own sessions
SESSION = {
    "set:spark.sql.session.timeZone": "UTC",
    "set:spark.sql.timestampType": "TIMESTAMP_NTZ",
    "set:spark.sql.ansi.enabled": "true",
    "set:spark.sql.ansi.doubleQuotedIdentifiers": "true",
    # partitions are the folders there are when a table is read
    "set:spark.sql.hive.manageFilesourcePartitions": "false",
}


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def main() -> None:
    told = json.load(sys.stdin)
    connection = hive.connect(
        host=told["host"],
        port=told["port"],
        username=told["user"],
        configuration=SESSION,
    )
    cursor = connection.cursor()
    for statement in told["statements"]:
        cursor.execute(statement)
    for name, query in told["queries"].items():
        cursor.execute(query)
        columns = [(column[0], column[1]) for column in cursor.description]
        rows = [[plain(value) for value in row] for row in cursor.fetchall()]
        line = {"name": name, "columns": columns, "rows": rows}
        sys.stdout.write(json.dumps(line) + "\n")
    connection.close()


if __name__ == "__main__":
    main()
