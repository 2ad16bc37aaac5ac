"""Bad input, each case by its name, with what must come of it.

What concerns the meaning of a value (decimals, dates, clocks, ids) is in
tests/models/test_written_values.py; what concerns stages and the exit code of a whole
night is named in `ELSEWHERE` below.
"""

import ast
import csv
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from dagster_project.bi.facts import Table
from dagster_project.bi.report import _csv_uri
from dagster_project.landing import (
    Column,
    ContractError,
    FileOutcome,
    incoming,
    landing,
    read_contracts,
)
from dagster_project.settings import ROOT

from .conftest import House, contract
from .test_contract import GOOD, manifest

ELSEWHERE = {
    "exit code 0 with a warning within rejected_share": (
        "tests/flow/test_gates_refuse.py",
        "test_rows_rejected_within_the_share_are_published_without_and_warned_of",
    ),
    "exit code 3 beyond rejected_share or with a file refused whole": (
        "tests/flow/test_gates_refuse.py",
        "test_a_refused_night_ends_with_3_and_publishes_nothing",
    ),
    "decimal comma and thousands, ambiguous dates, offsets, naive times, DST, ids": (
        "tests/models/test_written_values.py",
        "test_a_value_is_read_as_declared_or_told_as_unreadable",
    ),
    "unknown stage codes": (
        "tests/models/test_ledger.py",
        "test_an_unknown_stage_keeps_its_deal_in_the_count",
    ),
    "regressing stage codes": (
        "tests/models/test_ledger.py",
        "test_going_back_is_a_direction_and_infers_nothing",
    ),
    "retired stage codes": (
        "tests/flow/test_gates_refuse.py",
        "test_bad_input_breaks_its_rule_before_staging_is_trusted",
    ),
    "late events": (
        "tests/flow/test_restatements.py",
        "test_a_move_has_its_reason",
    ),
    "out-of-order events": (
        "tests/models/test_ledger.py",
        "test_closing_stages_of_one_instant_end_in_the_last_of_them",
    ),
    "a file put back, withdrawn or versioned": (
        "tests/landing/test_lake.py",
        "test_a_file_put_back_as_it_was_is_admitted_again",
    ),
}
KEYED = {"key": ("id",)}
UNFINISHED = "its last line has no line break"
Rows = list[tuple[str | None, str | None]]


@dataclass(frozen=True)
class Case:
    """Bytes in; rows, rejects (line, text, words of the reason) and message out."""

    name: str
    content: bytes | str
    landed: Rows = field(default_factory=list)
    rejected: list[tuple[int, str, str]] = field(default_factory=list)
    message: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    declared: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


HEAD = "id,amount\n"
FEW, MANY = "too few fields: 1, the header has 2", "too many fields: 3, the header has"
OPEN = "a quote is opened and never closed; close it, or double it"
CSV = [
    Case("over-long row", HEAD + "1,2,3\n4,5\n", [("4", "5")], [(2, "1,2,3", MANY)]),
    Case(
        "over-long last row",
        HEAD + "1,2\n" * 3 + "4,5,6\n",
        [("1", "2")] * 3,
        [(5, "4,5,6", MANY)],
    ),
    Case(
        "short row", HEAD + "1,2\n3\n4,5\n", [("1", "2"), ("4", "5")], [(3, "3", FEW)]
    ),
    Case("blank lines", HEAD + "\n1,2\n\n\n3,4\n\n", [("1", "2"), ("3", "4")]),
    Case("a line of spaces", HEAD + "1,2\n   \n", [("1", "2")], [(3, "   ", FEW)]),
    Case(
        "unterminated quote near the end",
        HEAD + '1,2\n3,"4\n5,6\n7,8\n',
        [("1", "2"), ("5", "6"), ("7", "8")],
        [(3, '3,"4', OPEN)],
    ),
    Case(
        "unterminated quote in the last line",
        HEAD + '1,2\n3,"4\n',
        [("1", "2")],
        [(3, '3,"4', OPEN)],
    ),
    Case(
        "characters after a closing quote",
        HEAD + '1,"2"x\n3,4\n',
        [("3", "4")],
        [(2, '1,"2"x', "characters after a closing quote; double quotes")],
    ),
    Case("reordered header", "amount,id\n2,1\n", [("1", "2")]),
    Case(
        "missing column",
        "amount\n1\n",
        refused=("required columns are missing: 'id' (header: 'amount')", "mend the"),
    ),
    Case(
        "renamed column",
        "ident,amount\n1,2\n",
        refused=("missing: 'id' (header: 'ident', 'amount')", "meta.required: false"),
    ),
    Case("missing optional column", "id\n1\n", [("1", None)]),
    Case("extra column, evolving", "id,amount,new\n1,2,3\n", [("1", "2")]),
    Case(
        "extra column, frozen",
        "id,amount,new\n1,2,3\n",
        refused=("schema_change is freeze: 'new'", "declare them, or set"),
        declared={"schema_change": "freeze"},
    ),
    Case(
        "duplicate header",
        "id,amount,amount\n1,2,3\n",
        refused=("names a column twice", "'amount', 'amount'", "rename one"),
    ),
    Case(
        "duplicate header but for its case",
        "id,ID\n1,2\n",
        refused=("names a column twice", "'id', 'ID'"),
    ),
    Case("a column without a name", "id,\n1,2\n", refused=("a column has no name",)),
    Case(
        "a column named as our lineage is",
        "id,_Source_File\n1,2\n",
        refused=("'_Source_File' is reserved for lineage; rename it",),
    ),
    Case("byte order mark", "\ufeffid,amount\r\n1,2\r\n", [("1", "2")]),
    Case("byte order mark before a quote", '\ufeff"id","amount"\n1,2\n', [("1", "2")]),
    Case(
        "latin-1, declared",
        "id,amount\n1,Zürich\n".encode("latin-1"),
        [("1", "Zürich")],
        declared={"encoding": "latin-1"},
    ),
    Case(
        "latin-1, undeclared",
        "id,amount\n1,Zürich\n2,Bern\n".encode("latin-1"),
        [("2", "Bern")],
        [(2, "1,Z\\xfcrich", "bytes that are not in its encoding; export the line")],
    ),
    Case(
        "UTF-16, declared",
        "id,amount\n1,Zürich\n".encode("utf-16"),
        [("1", "Zürich")],
        declared={"encoding": "utf-16"},
    ),
    Case(
        "UTF-16, undeclared",
        "id,amount\n1,2\n".encode("utf-16"),
        refused=("UTF-16 mark but utf-8 is declared", "encoding: utf-16"),
    ),
    Case(
        "UTF-16 without a mark, undeclared",
        "id,amount\n1,2\n".encode("utf-16-le"),
        refused=("header cannot be read: holds a NUL",),
    ),
    Case(
        "UTF-16, cut in the middle of a character",
        "id,amount\n1,2\n".encode("utf-16")[:-1],
        refused=("bytes that are not utf-16", "declare the encoding it has"),
        declared={"encoding": "utf-16"},
    ),
    Case(
        "embedded NUL",
        HEAD + "1,a\0b\n3,4\n",
        [("3", "4")],
        [(2, "1,a\\x00b", "holds a NUL; export the line again")],
    ),
    Case(
        "decimal comma without quotes",
        HEAD + "1,2,5\n3,4\n",
        [("3", "4")],
        [(2, "1,2,5", "quote values that hold the delimiter")],
    ),
    Case(
        "decimals, thousands and dates land as they are written",
        'id;amount\n1;1.234,50\n2;"1,234.5"\n3;03/04/2026\n4;2026-10-25 02:30\n',
        [
            ("1", "1.234,50"),
            ("2", "1,234.5"),
            ("3", "03/04/2026"),
            ("4", "2026-10-25 02:30"),
        ],
        declared={"delimiter": ";"},
    ),
    Case(
        "another delimiter than declared",
        "id;amount\n1;2\n",
        refused=("missing: 'id' (header: 'id;amount')", "its delimiter"),
    ),
    Case(
        "20-digit ids, 1E5 and leading zeros",
        HEAD + "12345678901234567890,1E5\n007,0.10\n1E5,1e5\n",
        [("12345678901234567890", "1E5"), ("007", "0.10"), ("1E5", "1e5")],
    ),
    Case(
        "footer line",
        HEAD + "1,2\nTotal: 1 row\n",
        [("1", "2")],
        [(3, "Total: 1 row", "drop the line if it is no record")],
    ),
    Case(
        "comment line",
        HEAD + "# exported by hand\n1,2\n",
        [("1", "2")],
        [(2, "# exported by hand", FEW)],
    ),
    Case(
        "file cut in the middle of a number",
        HEAD + "1,100\n2,25",
        [("1", "100"), ("2", "25")],
        message=(UNFINISHED, "may be cut short", "a .sha256"),
    ),
    Case(
        "file cut before a field",
        HEAD + "1,100\n2",
        [("1", "100")],
        [(3, "2", FEW)],
        message=(UNFINISHED,),
    ),
    Case(
        "file cut in the middle of a quoted value",
        HEAD + '1,100\n2,"25',
        [("1", "100")],
        [(3, '2,"25', OPEN)],
        message=(UNFINISHED,),
    ),
    Case("empty file", b"", refused=("file is empty (0 bytes); ask for the extract",)),
    Case("only blank lines", "\n\n", refused=("no header: only blank lines",)),
    Case("header only", HEAD),
    Case(
        "header that is never closed",
        '"id,amount\n1,2\n',
        refused=("header cannot be read: a quote is opened and never closed",),
    ),
    Case("old Mac line ends", "id,amount\r1,2\r", [("1", "2")]),
    Case(
        "empty values, quoted or not", HEAD + '1,\n2,""\n', [("1", None), ("2", None)]
    ),
    Case(
        "quotes, delimiters and line breaks inside a value",
        HEAD + '1,"a,""b""\nc"\n2,5" pipe\n',
        [("1", 'a,"b"\nc'), ("2", '5" pipe')],
    ),
    Case(
        "a field of 3 million characters",
        HEAD + "1," + "x" * 3_000_000 + "\n2,3\n",
        [("1", "x" * 3_000_000), ("2", "3")],
    ),
    Case(
        "a field of 17 million characters",
        HEAD + "1," + "x" * (17 << 20) + "\n2,3\n",
        [("2", "3")],
        [(2, "1," + "x" * (65536 - 2), "a field is longer than 16777216 characters")],
    ),
    Case(
        "a million-column header",
        ",".join(["id", *(f"c{n}" for n in range(1_000_000))]) + "\n",
        refused=("header has 1000001 columns, more than the 4096 allowed", "split"),
    ),
    Case(
        "SQL and markup in a stage label",
        HEAD + "1,'); drop table marts.fct_journeys; --\n2,<script>alert(1)</script>\n",
        [
            ("1", "'); drop table marts.fct_journeys; --"),
            ("2", "<script>alert(1)</script>"),
        ],
    ),
    Case(
        "a spreadsheet formula lands as it is",
        HEAD + '1,"=HYPERLINK(""http://x"")"\n2,@SUM(A1)\n',
        [("1", '=HYPERLINK("http://x")'), ("2", "@SUM(A1)")],
    ),
    Case(
        "a row without its key",
        HEAD + "1,2\n,3\n  ,4\n5,6\n",
        [("1", "2"), ("5", "6")],
        [
            (3, ",3", "id is empty, which leaves the row without a key; fill in"),
            (4, "  ,4", "id is empty"),
        ],
        declared=KEYED,
    ),
    Case(
        "a row without any column of its key",
        "id,amount,x\n,,1\n,2,1\n",
        [(None, "2")],
        [(2, ",,1", "id, amount are all empty")],
        declared={"key": ("id", "amount")},
    ),
]
DEEP = '{"id": ' + "[" * 100_000 + "}"
JSON_LINES = [
    ('{"id": 1', "is missing"),
    ("{'id': 1}", "a quoted key is missing at character 2"),
    ('{"id": 1,}', "a quoted key is missing"),
    ('{"id": }', "a value is missing or no JSON at character 8"),
    ('{"id": 1} {"id": 2}', "something follows the object at character 10"),
    ("[1]", "not a JSON object; write one object a line"),
    ("null", "not a JSON object"),
    ('"id"', "not a JSON object"),
    ("# a comment", "not a JSON object"),
    ('{"id": NaN}', "NaN is no JSON; write null"),
    ('{"id": -Infinity}', "-Infinity is no JSON; write null"),
    ('{"id": 1, "id": 2}', "key 'id' stands twice"),
    ('{"id": 1, "ID": 2}', "key 'ID' stands twice (case does not count)"),
    ('{"id": "\\ud800"}', "half a character or a NUL; mend the escape"),
    ('{"id": "\\u0000"}', "half a character or a NUL"),
    ('{"id": "a\tb"}', "Invalid control character"),
    ('{"id": 1, "": 2}', "a column has no name; rename the key"),
    ('{"id": 1, "_batch_id": 2}', "is reserved for lineage; rename the key"),
    ('{"id": null, "amount": 1}', "id is empty, which leaves the row without a key"),
    ('{"amount": 1}', "id is empty"),
    ('{"id": " "}', "id is empty"),
    (DEEP, "nested too deeply; flatten it"),
    (f"{DEEP[:-1]}{']' * 100_000}}}", "nested too deeply; flatten it"),
]
JSONL = [
    *(
        Case(
            f"malformed line {line[:30]}",
            f'{{"id": "a"}}\n\n{line}\n{{"id": "b"}}\n',
            [("a", None), ("b", None)],
            [(3, line[:65536], words)],
            declared=KEYED,
        )
        for line, words in JSON_LINES
    ),
    Case(
        "nested values",
        '{"id": 1, "amount": {"b": [1.10, "x  y"], "c": null}}\n',
        [("1", '{"b":[1.10,"x  y"],"c":null}')],
    ),
    Case(
        "huge values",
        '{"id": 12345678901234567890123, "amount": 1.5e300}\n'
        '{"id": 1.10, "amount": "' + "x" * 3_000_000 + '"}\n',
        [("12345678901234567890123", "1.5e300"), ("1.10", "x" * 3_000_000)],
    ),
    Case(
        "extra key, evolving",
        '{"id": 1, "new": 2}\n{"id": 2}\n',
        [("1", None), ("2", None)],
    ),
    Case(
        "extra key, frozen",
        '{"id": 1}\n{"id": 2, "new": 3}\n',
        refused=("schema_change is freeze: 'new'",),
        declared={"schema_change": "freeze"},
    ),
    Case(
        "a key that no line has",
        '{"amount": 1}\n',
        refused=("required columns are missing: 'id' (keys: 'amount')",),
    ),
    Case("byte order mark", '\ufeff{"id": 1}\n', [("1", None)]),
    Case(
        "latin-1, undeclared",
        '{"id": "ü"}\n{"id": 1}\n'.encode("latin-1"),
        [("1", None)],
        [(1, '{"id": "\\xfc"}', "bytes that are not in its encoding; export")],
    ),
    Case(
        "UTF-16, undeclared",
        '{"id": 1}\n'.encode("utf-16"),
        refused=("begins with a UTF-16 mark", "meta.extract.encoding: utf-16"),
    ),
    Case(
        "embedded NUL",
        '{"id": "a\0"}\n{"id": 1}\n',
        [("1", None)],
        [(1, '{"id": "a\\x00"}', "Invalid control character at character 10; export")],
    ),
    Case(
        "file cut in the middle of an object",
        '{"id": 1}\n{"id": 2',
        [("1", None)],
        [(2, '{"id": 2', "is missing")],
        message=(UNFINISHED,),
    ),
    Case("empty file", b"", refused=("file is empty",)),
    Case("only blank lines", "\n \n"),
]


def counts(outcome: FileOutcome) -> tuple[int, int, int]:
    return outcome.physical_count, outcome.landed_count, outcome.rejected_count


def check(house: House, outcome: FileOutcome, case: Case) -> None:
    """The good rows survive, the bad are kept and told, nothing else is in the lake."""
    assert outcome.status_code == ("refused" if case.refused else "landed")
    for words in case.refused + case.message:
        assert words in outcome.message
    assert "Traceback" not in outcome.message
    assert house.rows() == case.landed
    rejects = house.query(
        "select line_number, raw_text, reason, file_name from {rejects} order by all"
    )
    assert [row[:2] for row in rejects] == [row[:2] for row in case.rejected]
    for (*_, reason, file), (line, _, words) in zip(
        rejects, case.rejected, strict=True
    ):
        assert words in reason
        assert file == outcome.file_name
        assert line
    landed, rejected = len(case.landed), len(case.rejected)
    assert counts(outcome) == (landed + rejected, landed, rejected)
    if rejected:
        first, _, words = case.rejected[0]
        told = f"{rejected} of {landed + rejected} records rejected, the first in line"
        assert f"{told} {first}: " in outcome.message
        assert words in outcome.message
    elif not case.message and not case.refused:
        assert outcome.message == ""


@pytest.mark.parametrize("case", CSV, ids=str)
def test_bad_csv(house: House, case: Case) -> None:
    given = contract(**case.declared)
    check(house, house.land_one(case.content, given), case)


@pytest.mark.parametrize("case", JSONL, ids=str)
def test_bad_jsonl(house: House, case: Case) -> None:
    given = contract("jsonl", **case.declared)
    check(house, house.land_one(case.content, given), case)


@pytest.fixture
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is landed by the readers of large ones, which must judge alike."""
    for module, name in ((incoming, "SMALL"), (landing, "SMALL"), (landing, "TINY")):
        monkeypatch.setattr(module, name, -1)


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("case", [case for case in CSV if case.content], ids=str)
def test_bad_csv_that_is_large(house: House, case: Case) -> None:
    test_bad_csv(house, case)


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("case", JSONL, ids=str)
def test_bad_jsonl_that_is_large(house: House, case: Case) -> None:
    test_bad_jsonl(house, case)


def test_the_same_file_twice_is_no_news(house: House) -> None:
    first = house.land_one(HEAD + "1,2\n", name="a.csv")
    assert house.land().files == ()
    again = house.land_one(HEAD + "1,2\n", name="b.csv")
    assert (again.status_code, counts(again)) == ("duplicate", (0, 0, 0))
    assert again.message == f"same content as a.csv, landed in {first.batch_id}"
    assert house.rows() == [("1", "2")]


def test_the_same_name_with_new_content_is_a_new_version(house: House) -> None:
    house.land_one(HEAD + "1,2\n", name="a.csv")
    newer = house.land_one(HEAD + "1,3\n", name="a.csv")
    assert (newer.status_code, counts(newer)) == ("landed", (1, 1, 0))
    assert [file["file_sha256"] for file in house.freeze().admitted] == [
        newer.file_sha256
    ]
    assert len(house.rows()) == 2


@pytest.mark.parametrize("beside", ["a.csv.sha256", "SHA256SUMS"])
def test_a_file_cut_in_the_middle_of_a_number_is_refused_by_its_checksum(
    house: House, beside: str
) -> None:
    whole = (HEAD + "1,100\n2,2500").encode()
    listed = f"{hashlib.sha256(whole).hexdigest()}  ./a.csv\n"
    house.put(beside, listed)
    cut = house.land_one(whole[:-2], name="a.csv")
    assert (cut.status_code, counts(cut)) == ("refused", (0, 0, 0))
    assert f"content differs from {beside}" in cut.message
    assert "copy the file again" in cut.message
    mended = house.land_one(whole, name="a.csv")
    assert (mended.status_code, mended.message) == ("landed", "")
    assert house.rows() == [("1", "100"), ("2", "2500")]


def test_a_list_of_checksums_vouches_only_for_what_it_lists(house: House) -> None:
    house.put("SHA256SUMS", f"{'0' * 64}  other.csv\n")
    outcome = house.land_one(HEAD + "1,2\n", name="a.csv")
    assert "SHA256SUMS beside it does not list it; write the list anew" in (
        outcome.message
    )


def test_a_truncated_gzip_and_one_with_a_bad_checksum_are_refused(
    house: House,
) -> None:
    packed = gzip.compress((HEAD + "1,2\n" * 1000).encode())
    spoiled = bytearray(packed)
    spoiled[-5] ^= 0xFF
    for name, content in (("cut", packed[:-20]), ("spoiled", bytes(spoiled))):
        outcome = house.land_one(content, name=f"{name}.csv.gz")
        assert (outcome.status_code, counts(outcome)) == ("refused", (0, 0, 0))
        assert "broken .gz stream" in outcome.message
        assert "copy the file again" in outcome.message
    assert house.rows() == []
    assert counts(house.land_one(packed, name="good.csv.gz")) == (1000, 1000, 0)


def parquet(**options: Any) -> bytes:
    file = io.BytesIO()
    numbers = [f"{n:08}" for n in range(10_000)]
    plain = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    pq.write_table(pa.table({"id": numbers}), file, **plain, **options)
    return file.getvalue()


def flipped(content: bytes) -> bytes:
    """One digit of one value is another: nothing about the file's form is wrong."""
    at = content.index(b"00005000")
    return content[:at] + b"9" + content[at + 1 :]


def test_a_bit_flip_in_parquet_is_seen_by_its_pages_checksums(house: House) -> None:
    content = flipped(parquet(write_page_checksum=True))
    outcome = house.land_one(content, contract("parquet"))
    assert (outcome.status_code, house.rows("id")) == ("refused", [])
    assert "CRC checksum verification failed" in outcome.message
    assert "copy the file again" in outcome.message


def test_a_bit_flip_in_parquet_is_seen_by_the_checksum_beside_it(house: House) -> None:
    content = parquet()
    house.put("a.parquet.sha256", hashlib.sha256(content).hexdigest())
    outcome = house.land_one(flipped(content), contract("parquet"), "a.parquet")
    assert (outcome.status_code, house.rows("id")) == ("refused", [])
    assert "content differs from a.parquet.sha256" in outcome.message


def test_types_and_scales_of_parquet_that_drift_over_files_cut_no_value(
    house: House,
) -> None:
    drifting = [
        pa.array([Decimal("1.5")], pa.decimal128(5, 1)),
        pa.array([Decimal("2.123456")], pa.decimal128(12, 6)),
        pa.array([2**53 + 1], pa.int64()),
        pa.array([0.1], pa.float64()),
        pa.array(["n/a"]),
        pa.array([datetime(2026, 1, 31, 1, 2, 3)]),
    ]
    for number, amount in enumerate(drifting):
        file = io.BytesIO()
        pq.write_table(pa.table({"id": [number], "amount": amount}), file)
        house.land_one(file.getvalue(), contract("parquet"))
    assert [row[1] for row in house.rows()] == [
        *("1.5", "2.123456", "9007199254740993", "0.1", "n/a"),
        "2026-01-31 01:02:03",
    ]


def test_a_row_of_parquet_without_its_key_is_rejected_with_its_number(
    house: House,
) -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"id": ["1", None, " ", "4"]}), file)
    outcome = house.land_one(file.getvalue(), contract("parquet", **KEYED))
    assert counts(outcome) == (4, 2, 2)
    assert house.rows("id") == [("1",), ("4",)]
    assert house.rejects() == [(2, '{"id":null}'), (3, '{"id":" "}')]
    assert "the first in row 2: id is empty" in outcome.message


NAMES = ["two words.csv", "it's.csv", "a;b.csv", "a*[1]?.csv", "größe 表.csv"]


@pytest.mark.parametrize("name", NAMES)
def test_names_with_spaces_quotes_semicolons_and_unicode_land(
    house: House, name: str
) -> None:
    outcome = house.land_one(HEAD + "1,2\n", name=name)
    assert (outcome.status_code, outcome.message) == ("landed", "")
    assert house.rows("_source_file, amount") == [(name, "2")]


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("name", NAMES)
def test_names_with_spaces_quotes_semicolons_and_unicode_land_large(
    house: House, name: str
) -> None:
    test_names_with_spaces_quotes_semicolons_and_unicode_land(house, name)


def test_a_path_that_leaves_the_extracts_folder_is_an_error_of_the_declaration() -> (
    None
):
    for pattern in ("../other/*.csv", "a/../../b.csv", "/etc/passwd"):
        with pytest.raises(ContractError, match="stay below extracts/"):
            read_contracts(manifest(GOOD | {"files": [pattern]}), [])


def test_a_link_that_leaves_the_extracts_folder_is_refused(
    house: House, tmp_path: Path
) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text("id\n1\n", encoding="utf-8")
    (house.paths.extracts / "a.csv").symlink_to(outside)
    (house.paths.extracts / "b.csv").symlink_to(tmp_path / "nowhere")
    house.put("c.csv", HEAD + "1,2\n")
    refused = {file.file_name: file.message for file in house.land().refused_files}
    assert "leaves the extracts folder; copy the file into it" in refused["a.csv"]
    assert "leads nowhere; remove or mend it" in refused["b.csv"]
    assert house.rows() == [("1", "2")]


LAND = """
import sys
from pathlib import Path
from tests.landing.conftest import contract, make_house

house = make_house(Path(sys.argv[1]))
for file in house.land(contract(files=("*.csv", "crm/**/*.csv"))).refused_files:
    print(f"{file.file_name}: {file.message}")
"""
# a superuser may open everything, unless it gives that up
UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def test_what_may_not_be_opened_is_refused_by_name(
    house: House, tmp_path: Path
) -> None:
    closed = [
        house.put("closed.csv", "id\n1\n"),
        house.put("crm/2024/a.csv", "id\n2\n").parent,
        house.put("elsewhere/a.csv", "id\n3\n").parent,
    ]
    house.put("open.csv", HEAD + "1,2\n")
    for path in closed:
        path.chmod(0)
    try:
        told = subprocess.run(
            [
                *(UNPRIVILEGED if os.geteuid() == 0 else ()),
                *(sys.executable, "-c", LAND, str(tmp_path)),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for path in closed:
            path.chmod(0o700)
    assert told.stdout.splitlines() == [
        "closed.csv: cannot be read; give the user that runs the night the right to "
        "read it",
        "crm/2024: a folder that cannot be opened; give the user that runs the night "
        "the right to read it",
    ], told.stderr
    assert house.rows() == [("1", "2")]


@pytest.mark.usefixtures("nothing_is_small")
def test_sql_in_a_column_name_is_only_a_name(house: House) -> None:
    name = "a\"; drop table x; -- 'é"
    quoted = '"' + name.replace('"', '""') + '"'
    house.land_one(f"id,{quoted}\n1,2\n")
    assert house.rows(quoted) == [("2",)]


def test_a_spreadsheet_formula_is_neutral_in_what_people_download() -> None:
    formulas = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1"]
    harmless = ["plain", "a=b", None, -1, -0.5]
    table = Table(("value",), [(value,) for value in [*formulas, *harmless]])
    text = unquote(_csv_uri(table).partition(",")[2]).removeprefix("\ufeff")
    rows = [row[0] for row in csv.reader(io.StringIO(text, newline=""))]
    assert rows[1:] == [
        *(f"'{formula}" for formula in formulas),
        *("plain", "a=b", "", "-1", "-0.5"),
    ]


def test_what_is_tested_elsewhere_is_there() -> None:
    for path, name in ELSEWHERE.values():
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {getattr(node, "name", "") for node in ast.walk(tree)}


def test_rejects_can_be_read_by_anything_that_reads_parquet(house: House) -> None:
    house.land_one(HEAD + "1\n2,3\n")
    files = [str(path) for path in house.paths.rejects.glob("n*.parquet")]
    with duckdb.connect() as connection:
        [(text,)] = connection.execute(
            "select to_json(r) from read_parquet(?) as r", [files]
        ).fetchall()
    assert json.loads(text)["line_number"] == 2


def test_a_column_that_is_declared_and_keyed_may_be_spelled_in_another_case(
    house: House,
) -> None:
    given = contract(columns=(Column("Id"),), key=("Id",))
    outcome = house.land_one("ID\n1\n  \n", given)
    assert counts(outcome) == (2, 1, 1)
