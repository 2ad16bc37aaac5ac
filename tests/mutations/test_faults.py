"""Faults do not rot: each can still be made, and its test is there."""

import re
from functools import cache
from pathlib import Path

import yaml

from dagster_project.paths import DBT
from dagster_project.settings import ROOT
from tests.mutations.faults import FAULTS
from tests.mutations.faults.fault import Fault


@cache
def unit_tests() -> list[str]:
    files = [path.read_text(encoding="utf-8") for path in DBT.rglob("models/**/*.yml")]
    declared = [yaml.safe_load(text).get("unit_tests", ()) for text in files]
    return [str(test["name"]) for tests in declared for test in tests]


def is_there(test: str) -> bool:
    file, _, function = test.rpartition("::")
    if not file:
        return unit_tests().count(test) == 1
    path = ROOT / file
    wanted = re.compile(rf"^def {function}\(", re.MULTILINE)
    return path.is_file() and wanted.search(path.read_text("utf-8")) is not None


def test_every_fault_can_be_made() -> None:
    assert [text for fault in FAULTS if (text := fault.complaint(DBT))] == []
    assert [fault.name for fault in FAULTS if fault.text == fault.replacement] == []


def test_the_test_of_every_fault_is_there() -> None:
    assert {test for fault in FAULTS if not is_there(test := fault.caught_by)} == set()


def test_each_of_at_least_twenty_faults_has_a_name_of_its_own() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 20


def test_a_text_that_is_gone_or_stands_twice_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.sql").write_text("1 1 2", encoding="utf-8")
    faults = [Fault("f", "x.sql", text, "", "") for text in "123"]
    complaints = [fault.complaint(tmp_path) for fault in faults]
    assert complaints == [
        "f: its text stands 2 times in dbt/x.sql",
        None,
        "f: its text stands 0 times in dbt/x.sql",
    ]
    assert Fault("f", "y.sql", "", "", "").complaint(tmp_path) is not None


def test_a_test_that_is_gone_is_missed() -> None:
    assert not is_there("no_such_unit_test")
    assert not is_there("tests/models/test_ledger.py::test_nothing")
    assert not is_there("tests/no_such_file.py::test_nothing")
