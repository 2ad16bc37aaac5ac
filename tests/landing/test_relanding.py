"""Rejected records are mended and landed with the place they had in their file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.landing import Column, Contract, ExtractedAt, lake, next_batch_id
from dagster_project.landing.choosing import ChoiceError, Held, read_held
from dagster_project.landing.incoming import RefusedError
from dagster_project.landing.mending import MendError, read_mend, write_mend
from dagster_project.landing.relanding import (
    File,
    Relanded,
    choose_files,
    files_with_rejects,
    header_of_file,
    read_rejected,
    reland_extract,
    reland_mended,
)
from dagster_project.landing.sinks import MAX_RAW_TEXT
from dagster_project.status import read_accounting, read_rejects

from .conftest import BY_PATH, House, contract

BAD = "id,amount\n1,2\n2\n3,4\n4,5,6\n"
BY_ROW = contract(extracted_at=ExtractedAt(column="at"))
PLACES = "id, amount, _source_row, _source_line"


@dataclass
class Mender:
    """Somebody who mends files of one table."""

    house: House
    contract: Contract

    @property
    def held(self) -> list[Held]:
        return read_held([self.contract], self.house.paths)

    @property
    def file(self) -> File:
        [file] = choose_files(self.held, self.name)
        return file

    @property
    def name(self) -> str:
        return f"a.{self.contract.format}"

    @property
    def mend_file(self) -> Path:
        return self.house.paths.data / "mend"

    def land(self, content: str | bytes) -> None:
        self.house.land_one(content, self.contract, self.name)

    def written(self) -> str:
        rejected = read_rejected(self.file, self.house.paths)
        is_csv = self.contract.format == "csv"
        header = header_of_file(self.file, self.house.paths)[0] if is_csv else ""
        write_mend(self.mend_file, self.contract, header, rejected)
        return self.mend_file.read_bytes().decode()

    def mend(self, text: str | bytes) -> Relanded:
        content = text if isinstance(text, bytes) else text.encode()
        self.mend_file.write_bytes(content)
        file, paths = self.file, self.house.paths
        lines = [each.line for each in read_rejected(file, paths)]
        header, records = read_mend(self.mend_file, self.contract, lines)
        return reland_mended(file, paths, next_batch_id(paths), header, records)

    def again(self, given: Contract | None = None) -> Relanded:
        self.contract = given or self.contract
        paths = self.house.paths
        return reland_extract(self.file, paths, next_batch_id(paths), "1GB", 1)

    def rows(self, columns: str = PLACES) -> Sequence[tuple[Any, ...]]:
        """Rows of the landing that stands."""
        batch = self.file.landing.batch_id
        return self.house.query(
            f"select {columns} from {{raw}} where _batch_id = '{batch}' order by "
            "_source_row"
        )

    def counts(self) -> tuple[int, int, int]:
        found = self.file.landing
        return found.physical_count, found.landed_count, found.rejected_count


@pytest.fixture
def mender(house: House) -> Mender:
    return Mender(house, contract())


def test_a_file_to_mend_has_header_and_lines_before_the_raw_records(
    mender: Mender,
) -> None:
    mender.land(BAD)
    assert mender.written() == "_line,id,amount\n3,2\n5,4,5,6\n"


def test_mended_records_land_where_they_stood(mender: Mender) -> None:
    mender.land(BAD)
    done = mender.mend("_line,id,amount\n3,2,7\n5,4,5\n")
    assert (done.mended_count, done.still) == (2, [])
    assert mender.counts() == (4, 4, 0)
    assert mender.rows() == [
        ("1", "2", 1, 2),
        ("2", "7", 2, 3),
        ("3", "4", 3, 4),
        ("4", "5", 4, 5),
    ]


def test_a_mended_file_is_the_file_and_no_news(house: House, mender: Mender) -> None:
    mender.land(BAD)
    sha256 = mender.file.landing.file_sha256
    mender.mend("_line,id,amount\n3,2,7\n")
    assert house.land().files == ()
    [row] = house.freeze().admitted
    assert (row["file_sha256"], row["batch_id"]) == (sha256, "n000002")
    assert set(mender.rows("_source_file, _file_sha256")) == {("a.csv", sha256)}


def test_what_is_left_out_or_still_bad_stays_rejected(mender: Mender) -> None:
    mender.land(BAD + "6\n")
    done = mender.mend("_line,id,amount\n3,2,7\n6,x,y,z\n")
    assert [(each.line, each.raw) for each in done.still] == [
        (5, "4,5,6"),
        (6, "x,y,z"),
    ]
    assert "too many fields: 3" in done.still[1].reason
    assert mender.counts() == (5, 3, 2)
    assert mender.mend("_line,id,amount\n6,6,0\n").mended_count == 1
    assert mender.rows()[-1] == ("6", "0", 5, 6)


def test_a_rejected_record_has_the_row_number_it_would_have_had(
    mender: Mender,
) -> None:
    mender.land('id,amount\n1\n2\n\n3,"4\n4"\n5\n6,7\n8\n9\n')
    rejected = read_rejected(mender.file, mender.house.paths)
    places = [(each.line, each.row) for each in rejected]
    assert places == [(2, 1), (3, 2), (7, 4), (9, 6), (10, 7)]
    assert mender.counts() == (7, 2, 5)


def test_status_counts_the_rejects_of_the_last_landing_alone(mender: Mender) -> None:
    mender.land(BAD)
    mender.mend("_line,id,amount\n3,2,7\n")
    [source] = read_accounting(mender.house.paths)
    assert (source.physical, source.landed, source.rejected) == (4, 3, 1)
    [rejects] = read_rejects(mender.house.paths)
    assert rejects["rows"] == 1
    assert [f.landing.rejected_count for f in files_with_rejects(mender.held)] == [1]


def test_nothing_mended_writes_nothing(mender: Mender) -> None:
    mender.land(BAD)
    mender.mend(mender.written())
    assert mender.file.landing.batch_id == "n000001"


def test_a_spreadsheet_may_save_the_file_to_mend(mender: Mender) -> None:
    mender.land(BAD)
    mender.mend('\ufeff"_line","amount","id"\r\n"3","7","2"\r\n,,\r\n')
    assert mender.rows()[1] == ("2", "7", 2, 3)


def test_a_value_of_several_lines_is_one_record(mender: Mender) -> None:
    mender.land(BAD)
    mender.mend('_line,id,amount\n3,2,"7\n9,8"\n')
    assert mender.rows()[1] == ("2", "7\n9,8", 2, 3)


def test_a_quote_left_open_swallows_no_other_record(mender: Mender) -> None:
    """What two records would make together was never a record of the file."""
    mender.land('id,amount\n1,"a\n3,"4"\nz"\n')
    written = mender.written()
    assert written == '_line,id,amount\n2,1,"a\n4,z"\n'
    assert mender.mend(written).mended_count == 0
    assert mender.rows() == [("3", "4", 2, 3)]


@pytest.mark.parametrize(
    ("mended", "told"),
    [
        ("_line,id,amount\n4,3,4\n", r"line 2: line 4 was never rejected"),
        ("_line,id,amount\n3,2,7\n3,2,8\n", "line 3 is there twice"),
        ("_line,id,amount\nx,2,7\n", "line 2: no line's number"),
        ("id,amount\n3,2,7\n", "header must begin with _line,"),
        ("_line;id;amount\n3;2;7\n", "header must begin with _line,"),
        ("_line,amount\n3,7\n", "required columns are missing: 'id'"),
        ("", "is empty"),
        (b"_line,id,amount\n3,2,\xe9\n", "not UTF-8"),
    ],
)
def test_a_file_to_mend_that_cannot_be_read_is_refused_in_words(
    mender: Mender, mended: str | bytes, told: str
) -> None:
    mender.land(BAD)
    with pytest.raises(MendError, match=told):
        mender.mend(mended)
    assert mender.file.landing.batch_id == "n000001"


def test_work_in_a_file_to_mend_is_not_written_over(mender: Mender) -> None:
    mender.land(BAD)
    mender.written()
    with pytest.raises(MendError, match="there already"):
        mender.written()


def test_one_record_cannot_become_two(mender: Mender) -> None:
    mender.land('id,amount\n1,2\n3,"x"y\n')
    [rejected] = read_rejected(mender.file, mender.house.paths)
    done = mender.mend('_line,id,amount\n3,3,"x\n4"y\n')
    assert done.mended_count == 0
    assert done.still[0].line == rejected.line


def test_undecoded_bytes_are_not_taken_for_what_they_are_shown_as(
    mender: Mender,
) -> None:
    mender.land(b"id,amount\n1,2\n2,caf\xe9\n")
    written = mender.written()
    assert written == "_line,id,amount\n3,2,caf\\xe9\n"
    [still] = mender.mend(written).still
    assert "write what they stand for" in still.reason
    assert mender.mend("_line,id,amount\n3,2,café\n").mended_count == 1
    assert mender.rows()[1] == ("2", "café", 2, 3)


def test_a_cut_record_is_not_taken_for_the_whole(mender: Mender) -> None:
    mender.land(f"id,amount\n1,2\n2,3,{'x' * MAX_RAW_TEXT}\n")
    [rejected] = read_rejected(mender.file, mender.house.paths)
    assert rejected.is_cut
    [still] = mender.mend(mender.written().replace("2,3,x", "2,x")).still
    assert "was cut at" in still.reason
    assert mender.mend("_line,id,amount\n3,2,short\n").mended_count == 1


def test_the_header_comes_from_the_rows_where_the_extract_is_gone(
    mender: Mender,
) -> None:
    mender.land(BAD)
    (mender.house.paths.extracts / "a.csv").unlink()
    assert header_of_file(mender.file, mender.house.paths) == ("id,amount", False)


def test_times_of_rows_are_read_and_the_newest_is_the_files(house: House) -> None:
    mender = Mender(house, BY_ROW)
    mender.land("id,at\n1,2024-01-01\n2,never\n")
    done = mender.mend("_line,id,at\n3,2,2024-01-05\n")
    assert done.outcome.extracted_at == datetime(2024, 1, 5, 23, 59, 59)
    assert house.freeze(BY_ROW).as_of == datetime(2024, 1, 5, 23, 59, 59)


def test_the_time_of_a_whole_extract_is_that_of_its_mended_records(
    house: House,
) -> None:
    given = contract(files=("*",), extracted_at=BY_PATH)
    name = "2024-01-02.csv"
    house.land_one(BAD, given, name)
    [file] = choose_files(read_held([given], house.paths), name)
    house.put("../mend", "_line,id,amount\n3,2,7\n")
    header, records = read_mend(house.paths.data / "mend", given, [3, 5])
    reland_mended(file, house.paths, "n000002", header, records)
    assert set(house.rows("_extracted_at")) == {(datetime(2024, 1, 2, 23, 59, 59),)}


def test_json_lines_are_mended_behind_their_numbers(house: House) -> None:
    mender = Mender(house, contract("jsonl"))
    mender.land('{"id": "1"}\n\n{"id": "2"\n{"id": 3, "at": {"x": 1}}\n[4]\n')
    assert mender.written() == '3 {"id": "2"\n5 [4]\n'
    done = mender.mend('3 {"id": "2", "amount": 1.10}\n5 [4]\n')
    assert mender.rows() == [
        ("1", None, 1, 1),
        ("2", "1.10", 2, 3),
        ("3", None, 3, 4),
    ]
    assert [each.line for each in done.still] == [5]


def test_a_key_that_a_frozen_table_lacks_is_not_mended_in(house: House) -> None:
    mender = Mender(house, contract("jsonl", schema_change="freeze"))
    mender.land('{"id": "1"}\n{"id": "2"\n')
    [still] = mender.mend('2 {"id": "2", "new": 1}\n').still
    assert "'new'" in still.reason


def test_rows_of_parquet_are_mended_as_json(house: House) -> None:
    mender = Mender(house, contract("parquet", extracted_at=BY_ROW.extracted_at))
    sink = pa.BufferOutputStream()
    table = pa.table({"id": ["1", "2"], "at": ["never", "2024-01-02"]})
    pq.write_table(table, sink)
    mender.land(sink.getvalue().to_pybytes())
    assert mender.written() == '1 {"id":"1","at":"never"}\n'
    assert mender.mend('1 {"id":"1","at":"2024-01-01"}\n').mended_count == 1
    assert mender.rows('id, "at", _source_row, _source_line') == [
        ("1", "2024-01-01", 1, None),
        ("2", "2024-01-02", 2, None),
    ]


def test_a_mended_declaration_reads_the_file_again(mender: Mender) -> None:
    mender.land(b"id,amount\n1,2\n2,caf\xe9\n")
    done = mender.again(contract(encoding="cp1252"))
    assert (done.mended_count, done.still) == (1, [])
    assert mender.counts() == (2, 2, 0)
    assert mender.rows("amount") == [("2",), ("café",)]
    assert mender.house.land(mender.contract).files == ()


def test_what_was_mended_is_not_lost_by_reading_the_file_again(
    mender: Mender,
) -> None:
    mender.land(BAD)
    mender.mend("_line,id,amount\n3,2,7\n")
    with pytest.raises(ChoiceError, match="2 of its records would be landed, and 3"):
        mender.again()
    assert mender.counts() == (4, 3, 1)


def test_a_declaration_that_refuses_the_file_leaves_what_was_landed(
    mender: Mender,
) -> None:
    mender.land(BAD)
    columns = (*mender.contract.columns, Column("missing"))
    with pytest.raises(RefusedError, match="missing"):
        mender.again(contract(columns=columns))
    assert mender.counts() == (4, 2, 2)


def test_a_file_that_is_gone_or_other_by_now_is_asked_for(mender: Mender) -> None:
    mender.land(BAD)
    for change in (lambda path: path.write_text("id\n9\n"), Path.unlink):
        change(mender.house.paths.extracts / "a.csv")
        with pytest.raises(ChoiceError, match="not in extracts/ as it was landed"):
            mender.again()


def test_other_files_of_the_batch_stay_where_they_are(
    house: House, mender: Mender
) -> None:
    house.put("b.csv", "id,other\n8,9\n")
    mender.land(BAD)
    mender.mend("_line,id,amount\n3,2,7\n")
    admitted = {r["file_name"]: r["batch_id"] for r in house.freeze().admitted}
    assert admitted == {"a.csv": "n000002", "b.csv": "n000001"}
    assert mender.rows("_source_file") == [("a.csv",)] * 3


@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_kill_leaves_the_old_landing_in_force(
    mender: Mender, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    mender.land(BAD)
    real, calls = lake.settle, iter(range(9))

    def killed(*arguments: Any) -> None:
        if next(calls) == step:
            raise KeyboardInterrupt
        real(*arguments)

    monkeypatch.setattr(lake, "settle", killed)
    with pytest.raises(KeyboardInterrupt):
        mender.mend("_line,id,amount\n3,2,7\n")
    monkeypatch.setattr(lake, "settle", real)
    assert mender.counts() == (4, 2, 2)
    assert mender.mend("_line,id,amount\n3,2,7\n").mended_count == 1
    assert mender.counts() == (4, 3, 1)
