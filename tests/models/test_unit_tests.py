"""The models' dbt unit tests, run over a warehouse that knows the columns' types."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from dagster_project.invoking import invoke
from dagster_project.parsing import read_parse
from dagster_project.settings import Settings
from dagster_project.transforming import load_project
from tests.models.conftest import Built
from tests.warehouse import Warehouse

UNIT_TESTS = ["test", "--select", "test_type:unit"]


def run_dbt(settings: Settings, arguments: list[str]) -> dict[str, Any]:
    """Each node's status by its name."""
    with patch.dict(os.environ):
        paths = load_project(settings).paths
        done = invoke(arguments, manifest=read_parse(paths))
    assert done.exception is None
    return {each.node.name: each.status for each in getattr(done.result, "results", ())}


def test_every_unit_test_of_the_models_passes(
    built: Callable[[int], Built], warehouse: Warehouse
) -> None:
    _, marts = built(1)
    warehouse.restore(marts)
    settings = replace(warehouse.settings, sources=("plain",))
    statuses = run_dbt(settings, UNIT_TESTS)
    assert {name for name, status in statuses.items() if status != "pass"} == set()
    assert len(statuses) >= 25
