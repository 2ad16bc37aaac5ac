"""A model is one idea, and fits on a page."""

from pathlib import Path

from dagster_project.paths import DBT

MOST_LINES = 100


def models() -> list[Path]:
    return sorted((DBT / "models").rglob("*.sql"))


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_model_is_longer_than_a_page() -> None:
    assert len(models()) > 300
    found = {path.stem: lines_of(path) for path in models()}
    too_long = {name: count for name, count in found.items() if count > MOST_LINES}
    assert too_long == {}, "split it: one idea a model"
