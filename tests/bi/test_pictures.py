"""The README's pictures are there, and small."""

import re

from dagster_project.settings import ROOT
from tests.bi.pictures import FOLDER, PICTURES

LARGEST = 150_000


def test_each_picture_that_is_taken_is_shown() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r'<img src="([^"]+)"', readme)
    assert {ROOT / each for each in shown} == {FOLDER / f"{p}.png" for p in PICTURES}


def test_each_picture_is_there_and_small() -> None:
    for name in PICTURES:
        assert 0 < (FOLDER / f"{name}.png").stat().st_size < LARGEST
