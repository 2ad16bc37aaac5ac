"""Fixtures of the report's tests."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bi.bi_generations import Publish, Rows, write_generation


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Call it with rows by table; a table not named is there and empty."""

    def write(*, without: Sequence[str] = (), **tables: Rows) -> Path:
        return write_generation(tmp_path / "g000001", tables, without)

    return write
