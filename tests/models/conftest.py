"""Builds that several modules ask: made once a session."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.models.oracle_comparison import (
    WatchedWarehouse,
    build,
    one_source,
    with_cdp,
)
from tests.oracle.facts import Facts
from tests.oracle.generate import random_facts
from tests.oracle.generate_events import with_events
from tests.warehouse import Marts

Built = tuple[Facts, Marts]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`asked_seed` is each of --seeds."""
    if "asked_seed" in metafunc.fixturenames:
        asked = metafunc.config.getoption("--seeds")
        metafunc.parametrize(
            "asked_seed", [int(seed) for seed in asked.split(",") if seed]
        )


@pytest.fixture(scope="session")
def built(workspace: Path) -> Callable[[int], Built]:
    """Random facts of a seed and their marts; dbt's own tests run on the first."""
    warehouse = WatchedWarehouse(workspace)
    made: dict[int, Built] = {}

    def of(seed: int) -> Built:
        if seed not in made:
            crm = one_source(random_facts(seed, journeys=200, pipelines=2))
            facts = with_events(with_cdp(crm) if seed % 2 else crm, seed)
            made[seed] = facts, build(warehouse, facts, with_tests=not made)
        return made[seed]

    return of
