"""Read in blocks, a file gives the very rows and rejects that careful reading gives.

Blocks are a few bytes long here, so that every record, quote and line end comes to lie
across a border sooner or later.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.landing import Contract, ExtractedAt, blocks
from dagster_project.landing.csv_blocks import read_csv_in_blocks
from dagster_project.landing.csv_reader import read_csv
from dagster_project.landing.duck import Duck
from dagster_project.landing.incoming import Incoming, RefusedError
from dagster_project.landing.jsonl_blocks import read_jsonl_in_blocks
from dagster_project.landing.jsonl_reader import read_jsonl
from dagster_project.landing.sinks import ArrowRows, RejectSink, Rows

from .conftest import FIXED, contract
from .test_any_bytes import BYTES, inputs

BY_ROW = ExtractedAt(column="id")
FILES = {"csv": 4_000, "jsonl": 2_000}
Read = Callable[[Incoming, Contract, Any, RejectSink], object]


class Rejected(RejectSink):
    """Keeps what is rejected."""

    def __init__(self) -> None:
        self.found: list[tuple[int | None, str, str]] = []

    def add(self, incoming: Incoming, line: int | None, raw: str, reason: str) -> None:
        self.found.append((line, raw, reason))


@dataclass
class Emitted:
    """Keeps what is landed, row by row."""

    columns: dict[str, None] = field(default_factory=dict)
    found: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, rows: Rows | ArrowRows) -> None:
        arrow = rows.as_arrow() if isinstance(rows, Rows) else rows
        lists = {name: each.to_pylist() for name, each in arrow.values.items()}
        self.columns |= dict.fromkeys(lists)
        lineage = [each.to_pylist() for each in (arrow.numbers, arrow.lines)]
        for place, (*origin, at) in enumerate(zip(*lineage, arrow.times, strict=True)):
            named = {n: v[place] for n, v in lists.items() if v[place] is not None}
            self.found.append((*origin, at.as_py(), named))


def outcome(read: Read, content: bytes, given: Contract) -> tuple[object, ...]:
    at = given.extracted_at.fixed
    rejected, emitted = Rejected(), Emitted()
    incoming = Incoming("a", "", Path(), content, at)
    try:
        reading = read(incoming, given, emitted.add, rejected)
    except RefusedError as error:
        return (str(error),)
    rows = sorted(emitted.found, key=lambda row: row[0])
    return reading, sorted(emitted.columns), rows, sorted(rejected.found)


@contextmanager
def a_duck(folder: Path) -> Iterator[Duck]:
    with closing(Duck(folder, "1GB", 1)) as duck:
        yield duck


@pytest.fixture
def short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "LEAST", 1)
    monkeypatch.setattr(blocks, "BLOCK", 24)


READERS = {
    "csv": (read_csv_in_blocks, read_csv),
    "jsonl": (read_jsonl_in_blocks, read_jsonl),
}


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("extracted_at", [FIXED, BY_ROW], ids=["fixed", "by row"])
@pytest.mark.parametrize("format", FILES)
def test_a_file_is_read_alike_in_blocks_and_with_care(
    tmp_path: Path, format: str, extracted_at: ExtractedAt
) -> None:
    reader, careful = READERS[format]
    plain = contract(format, extracted_at=extracted_at)
    keyed = replace(plain, key=("id",))
    with a_duck(tmp_path) as duck:

        def in_blocks(*arguments: Any) -> object:
            return reader(*arguments, duck, 2)

        @inputs(FILES[format])
        @given(BYTES[format], st.sampled_from([plain, keyed]))
        def check(content: bytes, given: Contract) -> None:
            found = outcome(in_blocks, content, given)
            assert found == outcome(careful, content, given)

        check()
