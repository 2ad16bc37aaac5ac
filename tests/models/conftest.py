"""Builds that several modules ask: made once a session."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.models.oracle_comparison import WatchedWarehouse, build, one_source
from tests.oracle.facts import Facts
from tests.oracle.generate import random_facts
from tests.warehouse import Marts

Built = tuple[Facts, Marts]


@pytest.fixture(scope="session")
def built(workspace: Path) -> Callable[[int], Built]:
    """Random facts of a seed and their marts; dbt's own tests run on the first."""
    warehouse = WatchedWarehouse(workspace)
    made: dict[int, Built] = {}

    def of(seed: int) -> Built:
        if seed not in made:
            facts = one_source(random_facts(seed, journeys=200, pipelines=2))
            made[seed] = facts, build(warehouse, facts, with_tests=not made)
        return made[seed]

    return of
