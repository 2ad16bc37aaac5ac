"""`exposures.yml` tells the truth of who reads which marts."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.defs.publish import GATE_RESULTS, RUN_STATS
from dagster_project.paths import DBT
from dagster_project.settings import ROOT

BI = ROOT / "dagster_project" / "bi"
READERS = {
    "static_report": [BI / "facts.py", BI / "findings.py"],
    "quality_page": [BI / "quality.py"],
    "dashboard": [
        BI / "facts.py",
        BI / "slices.py",
        *(BI / "dashboard").rglob("*.py"),
    ],
}
WHOLE_COPIES = ("published_files", "postgresql")
# By tests/bi/test_metrics.py and tests/postgresql/test_superset.py.
HELD_ELSEWHERE = ("metrics", "superset")


def exposures() -> dict[str, list[str]]:
    """Each reader's tables."""
    text = (DBT / "models" / "exposures.yml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = yaml.safe_load(text)["exposures"]
    return {
        each["name"]: [ref.split("'")[1] for ref in each["depends_on"]]
        for each in found
    }


def queried(files: list[Path]) -> set[str]:
    """The marts that the queries of a reader name; run records are no models."""
    texts = [path.read_text(encoding="utf-8") for path in files]
    found = re.findall(r"""\bmarts\.([a-z_]+)|"(dim_[a-z_]+)\"""", "".join(texts))
    named = {name for names in found for name in names if name}
    return named - {GATE_RESULTS, RUN_STATS}


def test_every_exposure_is_held_to_something() -> None:
    assert {*exposures()} == {*READERS, *WHOLE_COPIES, *HELD_ELSEWHERE}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_depends_on_what_its_queries_name(name: str) -> None:
    tables = queried(READERS[name])
    assert tables
    assert sorted(tables) == sorted(exposures()[name])


@pytest.mark.parametrize("name", WHOLE_COPIES)
def test_a_whole_copy_depends_on_every_mart(name: str) -> None:
    marts = (DBT / "models" / "marts").glob("*.sql")
    assert sorted(path.stem for path in marts) == sorted(exposures()[name])
