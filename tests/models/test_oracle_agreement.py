"""Every mart beside a brute-force oracle that was written from the semantics alone."""

from collections.abc import Callable

import pytest

from tests.models.conftest import Built
from tests.models.oracle_comparison import (
    GRAINS,
    actual_rows,
    differences,
    expected_rows,
)
from tests.oracle.facts import Facts
from tests.warehouse import Marts

SEEDS = (1,)
MORE_SEEDS = tuple(range(2, 15))
# Columns that semantics.md fixes and the oracle must therefore answer for.
LEAST_COLUMNS = {
    "transitions": 14,
    "journeys": 20,
    "journey_steps": 6,
    "stage_snapshots": 10,
    "segment_funnels": 18,
    "mixed_funnels": 18,
    "monthly_conversions": 20,
    "monthly_throughput": 11,
}


def assert_agreement(facts: Facts, marts: Marts, name: str) -> None:
    expected, actual = expected_rows(facts, name), actual_rows(marts, name)
    found = differences(expected, actual, GRAINS[name])
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:20])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", GRAINS)
def test_models_and_oracle_agree(
    built: Callable[[int], Built], name: str, seed: int
) -> None:
    assert_agreement(*built(seed), name)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_models_and_oracle_agree_on_more_seeds(
    built: Callable[[int], Built], seed: int
) -> None:
    for name in GRAINS:
        assert_agreement(*built(seed), name)


@pytest.mark.parametrize("name", GRAINS)
def test_the_comparison_compares_many_rows_and_columns(
    built: Callable[[int], Built], name: str
) -> None:
    facts, marts = built(SEEDS[0])
    expected, actual = expected_rows(facts, name), actual_rows(marts, name)
    shared = expected[0].keys() & actual[0].keys()
    assert len(shared) >= LEAST_COLUMNS[name], sorted(shared)
    assert len(actual) >= 100


def test_the_comparison_finds_a_missing_row_and_a_changed_value() -> None:
    rows = [{"key": key, "open_count": 1, "rate": 0.5} for key in "abc"]
    changed = [{**rows[0], "rate": 0.5 + 1e-6}, rows[1], {**rows[2], "key": "d"}]
    assert differences(rows, changed, ("key",)) == [
        "missing ('c',)",
        "too many ('d',)",
        "('a',) rate: expected 0.5, is 0.500001",
    ]
