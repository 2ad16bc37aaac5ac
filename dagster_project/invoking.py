"""dbt in this process: one command at a time, and the connections it leaves."""

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dagster_project.paths import DBT


class TransformError(RuntimeError):
    """dbt could not do its work; the message is dbt's, with the file it names."""


def invoke(
    arguments: list[str],
    callbacks: Sequence[Any] = (),
    manifest: Any = None,
    **options: Any,
) -> Any:
    """Run dbt; it has to hear of the seeds by a path relative to its project.

    With an absolute path it writes compiled tests of seeds beside the seeds. `options`
    are dbt's own, with values that a command line could not hold.
    """
    from dbt.cli.main import dbtRunner

    seeds = os.path.relpath(os.environ["FUNNELHOUSE_SEEDS"], DBT)
    try:
        with variables({"FUNNELHOUSE_SEEDS": seeds}), _interruptible():
            return dbtRunner(manifest=manifest, callbacks=list(callbacks)).invoke(
                [*arguments, "--log-level", "none", "--log-level-file", "none"],
                **options,
            )
    finally:
        close_connections()


def close_connections() -> None:
    """Let go of the warehouse file, which an open connection holds the lock on."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


@contextmanager
def _interruptible() -> Iterator[None]:
    """Signals to end raise what dbt knows, so that it stops its threads and queries.

    Dagster raises an error of its own, of which dbt's threads would not hear.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def variables(values: Mapping[str, str]) -> Iterator[None]:
    """Variables of this process's environment, put back afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
