"""Another clock, time zone or locale of the machine: the same lake, marts and facts."""

import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.survival.conftest import Undisturbed
from tests.survival.disturbed import assert_as_undisturbed, night

pytestmark = pytest.mark.slow
THREE_YEARS = 3 * 365 * 86_400
TOLD = """
import time, duckdb
print(time.time(), duckdb.sql("select epoch(now())").fetchone()[0])
"""


@pytest.fixture(scope="session")
def set_back(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Variables that set a process's clock back by three years."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler, to set the clock of one process back")
    library = tmp_path_factory.mktemp("clock") / "other_clock.so"
    source = Path(__file__).with_name("other_clock.c")
    call = [compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"]
    subprocess.run(call, check=True)
    shift = str(-THREE_YEARS)
    return {"LD_PRELOAD": str(library), "CLOCK_SHIFT_SECONDS": shift}


def test_the_clock_is_set_back_for_python_and_duckdb(
    set_back: Mapping[str, str],
) -> None:
    asked = [sys.executable, "-c", TOLD]
    told = subprocess.run(asked, env=set_back, capture_output=True, check=True)
    for seconds in told.stdout.split():
        assert abs(time.time() - THREE_YEARS - float(seconds)) < 600


def test_a_clock_set_back_and_another_zone_and_locale_change_nothing(
    undisturbed: Undisturbed, set_back: Mapping[str, str]
) -> None:
    at = undisturbed.again()
    elsewhere = {"TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR"}
    code, said = night(at, **set_back, **elsewhere)
    assert code == 0, said
    assert_as_undisturbed(at, undisturbed.state)
