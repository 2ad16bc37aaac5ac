"""Read in blocks, a file gives the very rows and rejects that careful reading gives.

Blocks are a few bytes long here, so that every record, quote and line end comes to lie
across a border sooner or later.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.landing import Contract, ExtractedAt, blocks
from dagster_project.landing.blocks import Crew
from dagster_project.landing.csv_blocks import read_csv_in_blocks
from dagster_project.landing.csv_reader import read_csv
from dagster_project.landing.duck import Duck
from dagster_project.landing.incoming import Incoming, RefusedError
from dagster_project.landing.jsonl_blocks import begin_jsonl, read_jsonl_in_blocks
from dagster_project.landing.jsonl_reader import read_jsonl
from dagster_project.landing.plain_values import times_of
from dagster_project.landing.sinks import ArrowRows, RejectSink, Rows
from dagster_project.landing.times import read_instant

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
    with a_duck(tmp_path) as duck, closing(Crew(2)) as crew:

        def in_blocks(*arguments: Any) -> object:
            return reader(*arguments, duck, crew)

        @inputs(FILES[format])
        @given(BYTES[format], st.sampled_from([plain, keyed]))
        def check(content: bytes, given: Contract) -> None:
            found = outcome(in_blocks, content, given)
            assert found == outcome(careful, content, given)

        check()


TWO, CLOCK = r"[0-9]{2}", r"(0[0-9]|1[0-9]|2[0-5]):[0-6][0-9]:[0-6][0-9]"
MOMENT = rf"(0001|1999|2024|9999)-(0[0-3]|1[0-3])-{TWO}[T ]{CLOCK}(\.[0-9]{{1,7}})?"
ENDING = r"(Z|\+00|[+-]1[0-9]:[0-9]{2})"


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_times_of_columns_are_those_of_single_texts_or_are_looked_at_closer(
    tmp_path: Path, zone: str
) -> None:
    """Whether all are written in one form or each in another."""
    one_form = (MOMENT, MOMENT + "Z", f"({MOMENT}{ENDING}?|{TWO}{TWO}-{TWO}-{TWO})")
    columns = st.sampled_from(one_form).flatmap(
        lambda form: st.lists(
            st.none() | st.from_regex(form, fullmatch=True), max_size=9
        )
    )
    with a_duck(tmp_path) as duck:

        @inputs(500)
        @given(columns)
        def check(texts: list[str | None]) -> None:
            found = times_of(pa.array(texts, pa.string()), zone, duck).to_pylist()
            for text, at in zip(texts, found, strict=True):
                assert at is None or at == read_instant(
                    text or "", ZoneInfo(zone), day_ends=True
                )

        check()
        plain = pa.array(["2024-02-29T23:59:59.5Z", None])
        assert times_of(plain, zone, duck).null_count == 1


def test_a_file_begun_before_its_turn_is_read_as_any_other(tmp_path: Path) -> None:
    lines = b'{"id": "%d", "at": "2024-01-01T00:00:00Z"}\n'
    content = b"".join(lines % number for number in range(200)) + b"{\n"
    given = contract("jsonl", extracted_at=FIXED)
    with a_duck(tmp_path) as duck, closing(Crew(2)) as crew:

        def in_blocks(*arguments: Any) -> object:
            return read_jsonl_in_blocks(*arguments, duck, crew)

        alone = outcome(in_blocks, content, given)
        begin_jsonl("", content, given, duck, crew)
        assert outcome(in_blocks, content, given) == alone
        begin_jsonl("", b"{}\n" * 9, given, duck, crew)
        crew.forget("")
        assert outcome(in_blocks, content, given) == alone
