"""Files that may not grow, as on a full disk: said in words, and it goes on."""

import resource

import pytest

from tests.flow.installation import Installation
from tests.survival.conftest import Undisturbed
from tests.survival.disturbed import assert_as_undisturbed, night

pytestmark = pytest.mark.slow
MEGABYTE = 1024 * 1024
REMEDY = "make room where FUNNELHOUSE_DATA lies. What was published stands"


def assert_refused_in_words(at: Installation, code: int, said: str) -> None:
    assert code == 1, said
    assert REMEDY in said
    assert "Traceback" not in said
    assert at.paths.current.resolve().name == "g000001"


def test_a_limit_on_the_size_of_files_is_told_and_goes_on_without_it(
    undisturbed: Undisturbed,
) -> None:
    at = undisturbed.again()
    limit = (2 * MEGABYTE, resource.RLIM_INFINITY)

    def hold_down() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    assert_refused_in_words(at, *night(at, hold_down))
    code, said = night(at)
    assert code == 0, said
    assert_as_undisturbed(at, undisturbed.state)
