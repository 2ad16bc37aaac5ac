"""Runs statements of one engine in a process of its own, and says what they cost.

Imports nothing of the project, since the other engine lives in its own environment:
`python measuring.py JOB.json` prints seconds, the greatest memory and the answer.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Rows = list[list[Any]]
Ask = Callable[[str], Rows]


def duckdb_asks(database: str) -> Ask:
    import duckdb

    connection = duckdb.connect(database)

    def ask(statement: str) -> Rows:
        return [list(row) for row in connection.execute(statement).fetchall()]

    return ask


def clickhouse_asks(database: str) -> Ask:
    from chdb.session import Session  # type: ignore[import-not-found]

    session = Session(database)

    def ask(statement: str) -> Rows:
        answer = str(session.query(statement, "JSONCompactEachRow"))
        return [json.loads(line) for line in answer.splitlines()]

    return ask


ENGINES = {"duckdb": duckdb_asks, "clickhouse": clickhouse_asks}


def measured(job: dict[str, Any]) -> dict[str, Any]:
    """The costs of a job's statements, and what the last of its questions answers."""
    ask = ENGINES[job["engine"]](job["database"])
    for statement in job["settings"]:
        ask(statement)
    seconds: dict[str, float] = {}
    cpu_seconds: dict[str, float] = {}
    for name, statement in job["statements"]:
        began, cpu_began = time.perf_counter(), time.process_time()
        rows = ask(statement)
        seconds[name] = time.perf_counter() - began
        cpu_seconds[name] = time.process_time() - cpu_began
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "rows": rows,
    }


if __name__ == "__main__":
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    print(json.dumps(measured(json.loads(text)), default=str))  # noqa: T201
