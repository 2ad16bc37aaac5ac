"""One test's variables do not reach another."""

import os

import pytest

NAME = "FUNNELHOUSE_SOURCES"


@pytest.mark.parametrize("value", ["plain", "segment"])
def test_what_a_test_sets_is_gone_in_the_next(value: str) -> None:
    assert NAME not in os.environ
    os.environ[NAME] = value


@pytest.fixture(scope="module")
def _left_by_a_fixture() -> None:
    os.environ[NAME] = "plain"


def test_a_fixture_of_the_module_may_set_one(_left_by_a_fixture: None) -> None:
    assert os.environ[NAME] == "plain"


def test_and_it_too_is_gone(_left_by_a_fixture: None) -> None:
    assert NAME not in os.environ
