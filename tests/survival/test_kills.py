"""Killed at any point, twice, and run again: as if nothing had happened."""

import logging

import pytest

from tests.survival.conftest import Undisturbed
from tests.survival.disturbed import Kill, assert_as_undisturbed, killed_night, night

pytestmark = pytest.mark.slow
log = logging.getLogger(__name__)


def test_a_night_killed_and_killed_again_ends_as_an_undisturbed_one(
    undisturbed: Undisturbed, seed: str
) -> None:
    at = undisturbed.again()
    for number in (1, 2):
        kill = Kill.at_random(f"{seed} {number}", undisturbed.took)
        hit = killed_night(at, kill)
        place = f"{kill.seconds:.2f} s into {kill.step}"
        log.info("%s: kill %s, %s%s", seed, number, place, "" if hit else ": too late")
    code, said = night(at)
    assert code == 0, said
    assert_as_undisturbed(at, undisturbed.state)
