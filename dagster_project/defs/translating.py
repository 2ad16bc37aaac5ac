"""dagster-dbt without dbt: how Dagster names dbt's nodes, and tells of what they did.

Where dbt is there dagster-dbt imports all of it, for selections and versions that
nobody asks for here: two seconds, of a night that may have nothing to build.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def as_if_not_installed(module: str) -> Iterator[None]:
    """Whoever imports it meanwhile has to do without, as if it were not there."""
    known = sys.modules.get(module)
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
        if known is not None:
            sys.modules[module] = known


with as_if_not_installed("dbt.version"):
    from dagster_dbt import DagsterDbtTranslator
    from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

__all__ = ["DagsterDbtTranslator", "DbtCoreCliEventMessage"]
