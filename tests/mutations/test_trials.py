"""A fault that survives, or cannot be tried, is told; nothing is built here."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.mutations import __main__ as command
from tests.mutations.faults import FAULTS
from tests.mutations.faults.fault import Fault
from tests.mutations.workshop import Workshop, reported

REPORT = """
<testsuites><testsuite>
<testcase classname="tests.models.test_x" name="test_a[1]"/>
<testcase classname="tests.models.test_x" name="test_a[2]"><failure/></testcase>
<testcase classname="tests.models.test_x" name="test_b"><error/></testcase>
<testcase classname="tests.models.test_x" name="test_c"/>
</testsuite></testsuites>
"""


class Told:
    """A workshop whose tests end as told: without any fault, and with one."""

    def __init__(self, whole: str, spoiled: str) -> None:
        self.next = [whole, spoiled]

    def statuses(self, tests: Sequence[str]) -> dict[str, str]:
        return dict.fromkeys(tests, self.next.pop(0))

    def spoiled_by(self, fault: Fault) -> AbstractContextManager[None]:
        return nullcontext()


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Result]:
    def tried(whole: str, spoiled: str) -> Result:
        monkeypatch.setattr(Workshop, "opened", lambda _: Told(whole, spoiled))
        return CliRunner().invoke(command.main, ["--only", FAULTS[0].name])

    return tried


@pytest.mark.parametrize(
    ("whole", "spoiled", "exit_code", "said"),
    [
        ("pass", "fail", 0, "1 of 1 faults were caught"),
        ("pass", "pass", 1, "SURVIVED"),
        ("pass", "error", 1, "ended in: error"),
        ("fail", "fail", 2, "fail, without any fault"),
    ],
)
def test_only_a_test_that_fails_by_the_fault_has_caught_it(
    trial: Callable[[str, str], Result],
    whole: str,
    spoiled: str,
    exit_code: int,
    said: str,
) -> None:
    result = trial(whole, spoiled)
    assert (result.exit_code, said in result.output) == (exit_code, True)


def test_a_fault_is_made_in_the_copy_and_undone(tmp_path: Path) -> None:
    file = tmp_path / "project/dbt/x.sql"
    file.parent.mkdir(parents=True)
    file.write_text("a <= b", encoding="utf-8")
    with Workshop(tmp_path).spoiled_by(Fault("f", "x.sql", "<=", "<", "")):
        assert file.read_text(encoding="utf-8") == "a < b"
    assert file.read_text(encoding="utf-8") == "a <= b"


def test_a_test_has_the_worst_status_of_its_parameters(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    assert reported(report) == {}
    report.write_text(REPORT, encoding="utf-8")
    module = "tests/models/test_x.py"
    assert reported(report) == {
        f"{module}::test_a": "fail",
        f"{module}::test_b": "error",
        f"{module}::test_c": "pass",
    }
