"""The shared cases with known answers, one test a case."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.conftest import SHARED

Case = dict[str, Any]


def known_cases(name: str) -> list[Case]:
    """Cases of a shared file, none where the folder is missing."""
    path = SHARED / "cases" / name
    if not path.is_file():
        return []
    return list(json.loads(path.read_text(encoding="utf-8"))["cases"])


def one_test_each(metafunc: pytest.Metafunc, cases: Sequence[Case], key: str) -> None:
    """Run a test that asks for a `case` once a case; say so where there are none."""
    if "case" not in metafunc.fixturenames:
        return
    missing = pytest.mark.skip(f"no {SHARED.name}/ folder beside the project")
    metafunc.parametrize(
        "case",
        [pytest.param(case, id=str(case[key])) for case in cases]
        or [pytest.param({}, marks=missing, id="none")],
    )
