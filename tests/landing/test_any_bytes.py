"""Whatever the bytes: every record is accounted for, or the file is refused whole.

Random bytes seldom get past the header, so most inputs are well-formed files with
something done to them. One installation takes all inputs of a test and forgets each
of them, and nothing is made durable: else the lake would cost more than landing does.
"""

import csv
import gzip
import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.landing import Contract, FileOutcome, incoming, lake, landing

from .conftest import House, contract, make_house

INPUTS = {"csv": 800, "csv, large": 240, "jsonl": 600, "jsonl, large": 240}
PACKED, PARQUET, WELL_FORMED = 160, 80, 400
EACH = 8  # inputs a night
NOTHING_IS_SMALL = ((incoming, "SMALL"), (landing, "SMALL"), (landing, "TINY"))
ROW = ("id", "amount", "_source_row")
Row = tuple[Any, ...]
Draw = Callable[[st.SearchStrategy[Any]], Any]

CSV_PARTS = st.sampled_from(
    [b"id", b",", b'"', b'""', b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"1", b";", b" "]
)
JSON_PARTS = st.sampled_from(
    [
        *(b'{"id":', b"}", b"1", b"-0", b'"', b"\\u", b"\\ud800", b"\n", b","),
        *(b"[", b"]", b"\xff"),
    ]
)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6
)
CSV_ROWS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2)
    ),
    max_leaves=4,
)


def as_csv(rows: list[tuple[str, str]], end: str = "\n") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "amount"), *rows])
    return text.getvalue().encode()


def as_jsonl(rows: list[Any]) -> bytes:
    lines = (json.dumps({"id": n, "amount": row}) for n, row in enumerate(rows))
    return "".join(f"{line}\n" for line in lines).encode()


@st.composite
def mutated(draw: Draw, well_formed: st.SearchStrategy[bytes]) -> bytes:
    """A file with bits flipped, a piece cut out, told twice or put elsewhere."""
    content = bytearray(draw(well_formed))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(content)))
        stop = draw(st.integers(start, min(len(content), start + 12)))
        piece = bytes(content[start:stop])
        match draw(st.sampled_from(["flip", "cut", "end", "repeat", "swap", "insert"])):
            case "flip" if start < len(content):
                content[start] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del content[start:stop]
            case "end":
                del content[start:]
            case "repeat":
                content[start:start] = piece * 2
            case "swap":
                content = content.replace(b",", b";")
            case "insert":
                content[start:start] = draw(CSV_PARTS | JSON_PARTS)
    return bytes(content)


CSV_FILES = st.builds(as_csv, CSV_ROWS, st.sampled_from(["\n", "\r\n"]))
JSONL_FILES = st.builds(as_jsonl, st.lists(VALUES, min_size=1, max_size=6))
BYTES = {
    "csv": st.one_of(
        mutated(CSV_FILES),
        st.lists(CSV_PARTS, max_size=30).map(lambda p: b"id,amount\n" + b"".join(p)),
        st.binary(max_size=60),
    ),
    "jsonl": st.one_of(
        mutated(JSONL_FILES),
        st.lists(JSON_PARTS, max_size=30).map(lambda p: b'{"id":1}\n' + b"".join(p)),
        st.binary(max_size=60),
    ),
}


class Inputs:
    """Lands inputs in one installation, a few in a night."""

    def __init__(self, house: House) -> None:
        self.house = house

    def land(
        self, contents: list[bytes], given: Contract, ending: str = ""
    ) -> list[list[Row]]:
        """The rows each brought; the identity holds, or the file left nothing."""
        names = [f"{n}.{given.format}{ending}" for n, _ in enumerate(contents)]
        for name, content in zip(names, contents, strict=True):
            self.house.put(name, content)
        landing = self.house.land(given)
        outcomes = {file.file_name: file for file in landing.files}
        rows = self._read("crm/deal/*=n*/*.parquet", "_source_file", ROW)
        rejects = self._read("_rejects/n*.parquet", "file_name", ("line_number",))
        assert list(outcomes) == names
        for name in names:
            check_outcome(outcomes[name], len(rows[name]), len(rejects[name]))
        assert not list(self.house.paths.lake.glob(".scratch-*"))
        manifest = lake.name_of(landing.batch_id, given)
        lake.remove(self.house.paths.manifest / manifest)
        for name in names:
            lake.remove(self.house.paths.extracts / name)
        return [rows[name] for name in names]

    def _read(
        self, pattern: str, file_column: str, columns: tuple[str, ...]
    ) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for path in sorted(self.house.paths.lake.glob(pattern)):
            with pq.ParquetFile(path) as file:
                names = {*columns, file_column} & {*file.schema_arrow.names}
                read = file.read(sorted(names), use_threads=False).to_pylist()
            for row in read:
                found[row[file_column]].append(tuple(map(row.get, columns)))
        return found


def check_outcome(outcome: FileOutcome, landed: int, rejected: int) -> None:
    if outcome.status_code == "refused":
        assert outcome.message
        assert landed + rejected == 0
    else:
        # two inputs of a night may be one content
        assert outcome.status_code in ("landed", "duplicate")
    assert (landed, rejected) == (outcome.landed_count, outcome.rejected_count)
    assert outcome.physical_count == landed + rejected


@pytest.fixture(autouse=True)
def nothing_is_durable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lake, "_fsync", lambda path: None)


@contextmanager
def one_installation() -> Iterator[Inputs]:
    with tempfile.TemporaryDirectory() as folder:
        yield Inputs(make_house(Path(folder)))


def inputs(count: int) -> Any:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        deadline=None,
        max_examples=count // EACH,
        database=None,
        suppress_health_check=slow,
    )


def several(contents: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[bytes]]:
    return st.lists(contents, min_size=EACH, max_size=EACH)


@pytest.mark.parametrize("kind", INPUTS)
def test_any_bytes_are_accounted_for(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    format, _, size = kind.partition(", ")
    if size:
        for module, name in NOTHING_IS_SMALL:
            monkeypatch.setattr(module, name, -1)
    with one_installation() as installation:

        @inputs(INPUTS[kind])
        @given(several(BYTES[format]))
        def check(contents: list[bytes]) -> None:
            installation.land(contents, contract(format, key=("id",)))

        check()


def test_any_packed_bytes_are_accounted_for() -> None:
    packed = CSV_FILES.map(gzip.compress)
    with one_installation() as installation:

        @inputs(PACKED)
        @given(several(mutated(packed) | packed))
        def check(contents: list[bytes]) -> None:
            installation.land(contents, contract(), ".gz")

        check()


@pytest.mark.parametrize("checked", [False, True])
def test_any_bytes_of_parquet_are_accounted_for(checked: bool) -> None:
    file = io.BytesIO()
    table = pa.table({"id": [f"{n}" for n in range(50)], "amount": list(range(50))})
    pq.write_table(table, file, write_page_checksum=checked)
    with one_installation() as installation:

        @inputs(PARQUET)
        @given(several(mutated(st.just(file.getvalue()))))
        def check(contents: list[bytes]) -> None:
            installation.land(contents, contract("parquet"))

        check()


def test_what_lands_is_what_another_reader_finds() -> None:
    """Counts and values, as Python's csv module has them; empty and null are one."""
    with one_installation() as installation:

        @inputs(WELL_FORMED)
        @given(CSV_FILES)
        def check(content: bytes) -> None:
            [found] = installation.land([content], contract())
            _, *records = csv.reader(io.StringIO(content.decode(), newline=""))
            assert found == [
                (id or None, amount or None, number)
                for number, (id, amount) in enumerate(records, start=1)
            ]

        check()


def test_each_line_of_json_is_what_another_reader_finds() -> None:
    with one_installation() as installation:

        @inputs(WELL_FORMED)
        @given(JSONL_FILES)
        def check(content: bytes) -> None:
            [found] = installation.land([content], contract("jsonl"))
            expected = [json.loads(line)["amount"] for line in content.splitlines()]
            assert [row[2] for row in found] == [*range(1, len(expected) + 1)]
            for value, (_, amount, _) in zip(expected, found, strict=True):
                is_text = isinstance(value, str) or value is None
                assert (amount if is_text else json.loads(amount)) == value

        check()


def test_enough_inputs_are_tried() -> None:
    assert sum(INPUTS.values()) + PACKED + 2 * PARQUET >= 2_000
