"""Two nights, told once without a disturbance; a test disturbs the second."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.flow.conftest import GOOD, change, deal, decisions
from tests.flow.installation import Installation
from tests.models.test_rebuild import Tables
from tests.survival.disturbed import put_back, start, state, step_seconds
from tests.warehouse import Files, Row, as_csv

JOURNEYS = range(120)
# How far each goes: to a, to b, or to w, a week after the other.
PATHS = ("a", "ab", "abw")


def changes_of(number: int) -> list[Row]:
    day = number % 7 + 1
    path = PATHS[number % len(PATHS)]
    return [
        change(f"n{number}", f"Stage {code}", f"2026-02-{day + 7 * week:02}T09:00:00")
        for week, code in enumerate(path)
    ]


MORE: Files = {
    "plain/stage_changes_2026-02-28.csv": as_csv(
        [row for number in JOURNEYS for row in changes_of(number)]
    )
    + "cut short\n",
    "plain/deals_2026-02-28.csv": [
        deal(f"n{number}", str(changes_of(number)[-1]["source_stage"]))
        for number in JOURNEYS
    ],
    "plain/web_events_2026-02-28.jsonl": [
        {
            "event_id": f"e{number}",
            "visitor_id": f"v{number % 17}",
            "source_event": "page",
            "occurred_at": f"2026-02-{number % 28 + 1:02}T12:00:{number % 60:02}",
            "page_url": f"https://example.com/{number % 5}",
        }
        for number in range(500)
    ],
}


@dataclass(frozen=True)
class Undisturbed:
    """Where to begin, how long each step took, and what has to come of it."""

    at: Installation
    kept: Installation
    took: Mapping[str, float]
    state: Mapping[str, Tables]

    def again(self) -> Installation:
        """The installation after its first night, with the second night's files."""
        put_back(self.at, self.kept)
        return self.at


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    at = Installation(tmp_path_factory.mktemp("survival"))
    at.decide(decisions())
    at.write(GOOD)
    first = start(at).listen()
    assert first.end() == 0, first.said
    at.write(MORE)
    kept = at.keep("first")
    put_back(at, kept)
    second = start(at).listen()
    assert second.end() == 0, second.said
    took = step_seconds(second, time.monotonic())
    return Undisturbed(at, kept, took, state(at))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A case for every two kills that are asked for."""
    if "seed" in metafunc.fixturenames:
        config = metafunc.config
        first, kills = config.getoption("--seed"), config.getoption("--kills")
        seeds = range(first, first + (kills + 1) // 2)
        metafunc.parametrize("seed", [f"seed-{number}" for number in seeds])
