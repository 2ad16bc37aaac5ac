"""Killed at any point, twice, and run again: as if nothing had happened."""

import logging
import signal

import pytest

from tests.flow.installation import Installation
from tests.survival.conftest import Undisturbed
from tests.survival.disturbed import (
    Kill,
    assert_as_undisturbed,
    killed_night,
    night,
    signalled_night,
)

pytestmark = pytest.mark.slow
log = logging.getLogger(__name__)


def killed_twice(undisturbed: Undisturbed, seed: str) -> Installation:
    """A night killed, and killed again; drawn anew where a kill came too late."""
    for draw in range(10):
        at = undisturbed.again()
        drawn = (f"{seed} {draw} {number}" for number in (1, 2))
        kills = [Kill.at_random(each, undisturbed.took) for each in drawn]
        if all(killed_night(at, kill) for kill in kills):
            log.info("%s: killed at %s", seed, " and at ".join(map(str, kills)))
            return at
    pytest.fail("ten times a night was over before its kill")


def test_a_night_killed_and_killed_again_ends_as_an_undisturbed_one(
    undisturbed: Undisturbed, seed: str
) -> None:
    at = killed_twice(undisturbed, seed)
    code, said = night(at)
    assert code == 0, said
    assert_as_undisturbed(at, undisturbed.state)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_night_told_to_end_says_so_and_the_next_one_goes_on(
    undisturbed: Undisturbed, number: int
) -> None:
    at = undisturbed.again()
    halfway = Kill("mart", undisturbed.took["mart"] / 2)
    code, said = signalled_night(at, halfway, number)
    assert code == 1, said
    assert "mart: interrupted" in said
    assert "Traceback" not in said
    code, said = night(at)
    assert code == 0, said
    assert_as_undisturbed(at, undisturbed.state)
