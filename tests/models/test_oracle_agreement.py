"""Every mart beside a brute-force oracle that was written from the semantics alone.

To try other seeds: `pytest tests/models -k asked --seeds 7,8,9`.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.models.conftest import Built
from tests.models.event_comparison import (
    EVENT_GRAINS,
    Side,
    actual_side,
    expected_side,
)
from tests.models.oracle_comparison import (
    GRAINS,
    actual_rows,
    differences,
    expected_rows,
)
from tests.oracle.facts import Facts
from tests.warehouse import Marts

Sides = tuple[Side, Side]
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
# The same of events, with what persons, units and journeys are called.
LEAST_EVENT_COLUMNS = {
    "journey_events": 8,
    "known_events": 3,
    "web_sessions": 15,
    "funnel_attempts": 18,
    "event_funnels": 10,
}


@pytest.fixture(scope="session")
def sides(built: Callable[[int], Built]) -> Callable[[int], Sides]:
    """What the oracle says of a seed, and what the models do."""
    made: dict[int, Sides] = {}

    def of(seed: int) -> Sides:
        if seed not in made:
            facts, marts = built(seed)
            made[seed] = expected_side(facts), actual_side(facts, marts)
        return made[seed]

    return of


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


def differences_of(sides: Sides, name: str) -> list[str]:
    expected, actual = (side.named(name) for side in sides)
    return differences(expected, actual, EVENT_GRAINS[name])


def in_words(found: list[str]) -> str:
    return f"{len(found)} differences:\n" + "\n".join(found[:20])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", EVENT_GRAINS)
def test_models_of_events_and_oracle_agree(
    sides: Callable[[int], Sides], name: str, seed: int
) -> None:
    found = differences_of(sides(seed), name)
    assert not found, in_words(found)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_models_of_events_and_oracle_agree_on_more_seeds(
    sides: Callable[[int], Sides], seed: int
) -> None:
    found = [
        text for name in EVENT_GRAINS for text in differences_of(sides(seed), name)
    ]
    assert not found, in_words(found)


def test_all_models_and_oracle_agree_on_the_seeds_asked(
    built: Callable[[int], Built], sides: Callable[[int], Sides], asked_seed: int
) -> None:
    facts, marts = built(asked_seed)
    found: list[str] = []
    for name, grain in GRAINS.items():
        pair = expected_rows(facts, name), actual_rows(marts, name)
        found += [f"{name} {text}" for text in differences(*pair, grain)]
    for name in EVENT_GRAINS:
        found += [f"{name} {text}" for text in differences_of(sides(asked_seed), name)]
    assert not found, in_words(found)


@pytest.mark.parametrize("name", EVENT_GRAINS)
def test_the_comparison_of_events_compares_many_rows_and_columns(
    sides: Callable[[int], Sides], name: str
) -> None:
    expected, actual = (side.named(name) for side in sides(SEEDS[0]))
    shared = expected[0].keys() & actual[0].keys()
    assert len(shared) >= LEAST_EVENT_COLUMNS[name], sorted(shared)
    assert len(actual) >= 100


def test_every_mode_and_unit_is_tried_to_the_last_step_and_excluded(
    sides: Callable[[int], Sides],
) -> None:
    rows = [row for seed in SEEDS for row in sides(seed)[0].rows("funnel_attempts")]
    codes = {row["funnel_code"].split("_", 1)[1] for row in rows}
    modes = {code.split("_")[0] for code in codes}
    assert len(codes) == 12
    for mode in modes:
        of_mode = [row for row in rows if f"_{mode}_" in row["funnel_code"]]
        whole = [r for r in of_mode if r["furthest_step_order"] == r["steps_count"] > 1]
        assert len(whole) > 20, mode
        assert any(row["is_excluded"] for row in of_mode), mode
        assert any(row["is_still_open"] for row in of_mode), mode


def test_the_comparison_finds_a_person_who_is_split_in_two(
    sides: Callable[[int], Sides],
) -> None:
    expected = sides(SEEDS[0])[0]
    events = expected.rows("journey_events")
    person = next(row["person_id"] for row in events if row["person_id"])
    first = next(row for row in events if row["person_id"] == person)
    split = [row | {"person_id": "other"} if row is first else row for row in events]
    persons = expected.persons | {"other": f"event {first['event_id']}"}
    other = replace(
        expected, rows={"journey_events": split}.__getitem__, persons=persons
    )
    found = differences_of((expected, other), "journey_events")
    assert any("person" in text for text in found)
