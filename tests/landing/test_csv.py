"""CSV traps, each with its expected outcome; every file lands or says why not."""

import gzip
import hashlib
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from dagster_project.landing import Column, ExtractedAt, incoming

from .conftest import BY_PATH, House, contract

LARGE = incoming.SMALL + 1


def counts(outcome: object) -> tuple[int, int, int]:
    return tuple(
        getattr(outcome, f"{name}_count") for name in ("physical", "landed", "rejected")
    )


@pytest.mark.parametrize(
    ("content", "expected", "rejected"),
    [
        ("id,amount\n1,2\n", [("1", "2")], []),
        ("amount,id\n2,1\n", [("1", "2")], []),
        ("\ufeffid,amount\r\n1,2\r\n", [("1", "2")], []),
        ('\ufeff"id","amount"\n1,2', [("1", "2")], []),
        ("id,amount\r1,2\r", [("1", "2")], []),
        ("id,amount\n\n1,2\n\n\n3,4\n", [("1", "2"), ("3", "4")], []),
        ('id,amount\n1,\n2,""\n', [("1", None), ("2", None)], []),
        ('id,amount\n1,"a,""b""\nc"\n', [("1", 'a,"b"\nc')], []),
        ('id,amount\n1,5" pipe\n', [("1", '5" pipe')], []),
        ("id,amount\n1,2,3\n4,5\n", [("4", "5")], [(2, "1,2,3")]),
        ("id,amount\n1,2\n3\n", [("1", "2")], [(3, "3")]),
        ("id,amount\n1,2\n# 1 row\n", [("1", "2")], [(3, "# 1 row")]),
        ('id,amount\n1,"2\n3,4\n5,6\n', [("3", "4"), ("5", "6")], [(2, '1,"2')]),
        ('id,amount\n1,"2"x\n3,4\n', [("3", "4")], [(2, '1,"2"x')]),
        ("id,amount\n1,a\0b\n3,4\n", [("3", "4")], [(2, "1,a\\x00b")]),
        (b"id,amount\n1,\xfc\n3,4\n", [("3", "4")], [(2, "1,\\xfc")]),
        ("id,amount\n", [], []),
    ],
    ids=[
        "plain",
        "reordered header",
        "byte order mark",
        "mark before a quote",
        "old Mac line ends",
        "blank lines are no records",
        "empty is null, quoted or not",
        "quoted delimiter, quote and line break",
        "a quote inside an unquoted value is itself",
        "over-long record",
        "short last record",
        "footer",
        "unterminated quote loses one line only",
        "characters after a closing quote",
        "NUL",
        "undecodable byte",
        "header only",
    ],
)
def test_good_rows_land_and_bad_ones_are_rejected_with_their_line(
    house: House,
    content: bytes | str,
    expected: list[tuple[str, str]],
    rejected: list[tuple[int, str]],
) -> None:
    outcome = house.land_one(content)
    assert outcome.status_code == "landed"
    assert house.rows() == expected
    assert house.rejects() == rejected
    total = len(expected) + len(rejected)
    assert counts(outcome) == (total, len(expected), len(rejected))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "no header"),
        (b"amount\n1\n", "'id'"),
        (b"id;amount\n1;2\n", "'id;amount'"),
        (b"id,id\n1,2\n", "twice"),
        (b"id,ID\n1,2\n", "twice"),
        (b"id,\n1,2\n", "no name"),
        (b"id,_source_file\n1,2\n", "reserved"),
        (b"id,_Batch_ID\n1,2\n", "reserved"),
        ("id,amount\n1,2\n".encode("utf-16"), "utf-16"),
        ("id,amount\n1,2\n".encode("utf-16-le"), "NUL"),
        (b'"id,amount\n1,2\n', "header"),
        (b"id," + b",".join(b"c%d" % n for n in range(10_000)), "10001 columns"),
    ],
)
def test_a_file_without_a_usable_header_is_refused_whole(
    house: House, content: bytes, words: str
) -> None:
    outcome = house.land_one(content)
    assert outcome.status_code == "refused"
    assert words in outcome.message
    assert counts(outcome) == (0, 0, 0)
    assert house.rows() == []


def test_a_declared_encoding_and_delimiter_are_used(house: House) -> None:
    latin = contract(encoding="cp1252", delimiter=";")
    house.land_one("id;amount\n1;ü€\n".encode("cp1252"), latin)
    wide = contract(encoding="utf-16", files=("*.wide",))
    house.land_one("id,amount\n1,ü\n".encode("utf-16"), wide, "a.wide")
    assert [row[1] for row in house.rows()] == ["ü", "ü€"]


def test_line_numbers_are_those_of_the_file(house: House) -> None:
    house.land_one('id,amount\n1,"x\ny"\n\n2,z\nbad\n')
    assert house.rows("id, _source_row, _source_line") == [("1", 1, 2), ("2", 2, 5)]
    assert house.rejects() == [(6, "bad")]


def test_a_new_column_lands_and_is_refused_where_the_schema_is_frozen(
    house: House,
) -> None:
    house.land_one("id,new\n1,2\n")
    assert house.rows("id, new") == [("1", "2")]
    frozen = contract(files=("*.frozen",), schema_change="freeze")
    outcome = house.land_one("id,new\n3,4\n", frozen, "a.frozen")
    assert outcome.status_code == "refused"
    assert "'new'" in outcome.message


def test_a_column_spelled_in_another_case_lands_under_its_declared_name(
    house: House,
) -> None:
    house.land_one("ID,Amount\n1,2\n")
    assert house.rows() == [("1", "2")]


def test_hostile_column_names_are_only_names(house: House) -> None:
    name = "a\"; drop table x; -- 'é"
    quoted = '"' + name.replace('"', '""') + '"'
    house.land_one(f"id,{quoted}\n1,2\n")
    assert house.rows(quoted) == [("2",)]


def test_a_field_of_three_million_characters_lands(house: House) -> None:
    outcome = house.land_one("id,amount\n1," + "x" * 3_000_000 + "\n")
    assert counts(outcome) == (1, 1, 0)
    assert house.rows("length(amount)") == [(3_000_000,)]


def test_a_large_plain_file_lands_as_a_small_one_would(house: House) -> None:
    lines = [f'{n},"a ""{n}"", b",{n % 7 or ""}' for n in range(LARGE // 16)]
    outcome = house.land_one("amount,other,id\n" + "\n".join(lines) + "\n")
    assert counts(outcome) == (len(lines), len(lines), 0)
    [(good, lines_right)] = house.query(
        "select count(*) filter (amount = (_source_row - 1)::varchar and "
        "other = 'a \"' || amount || '\", b' and "
        "coalesce(id, '0') = (amount::int % 7)::varchar), "
        "count(*) filter (_source_line = _source_row + 1) from {raw}"
    )
    assert (good, lines_right) == (len(lines), len(lines))


def test_a_large_file_with_one_bad_line_loses_that_line_only(house: House) -> None:
    count = LARGE // 8
    lines = [f"{n},value" for n in range(count)]
    lines[count // 2] = "over,long,line"
    outcome = house.land_one("id,amount\n" + "\n".join(lines) + "\n")
    assert counts(outcome) == (count, count - 1, 1)
    assert house.rejects() == [(count // 2 + 2, "over,long,line")]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_packed_files_land_and_broken_streams_are_refused_whole(
    house: House, ending: str
) -> None:
    plain = b"id,amount\n" + b"1,2\n" * 1000
    packed = gzip.compress(plain)
    if ending == ".zst":
        packed = pa.Codec("zstd").compress(plain).to_pybytes()
    assert counts(house.land_one(packed, name=f"a.csv{ending}")) == (1000, 1000, 0)
    cut = house.land_one(packed[:-9], name=f"b.csv{ending}")
    assert (cut.status_code, "broken" in cut.message) == ("refused", True)
    if ending == ".gz":
        spoiled = bytearray(packed)
        spoiled[-5] ^= 0xFF
        assert house.land_one(bytes(spoiled), name="c.csv.gz").status_code == "refused"


def test_a_sha256_beside_the_file_must_agree(house: House) -> None:
    content = b"id,amount\n1,2\n"
    house.put("a.csv.sha256", hashlib.sha256(content).hexdigest() + "  a.csv\n")
    house.put("b.csv.sha256", "0" * 64)
    assert house.land_one(content, name="a.csv").status_code == "landed"
    refused = house.land_one(content + b"3,4\n", name="b.csv")
    assert "b.csv.sha256" in refused.message


def test_a_row_whose_own_time_cannot_be_read_is_rejected(house: House) -> None:
    by_row = contract(extracted_at=ExtractedAt(column="at"), timezone="Europe/Berlin")
    content = "id,at\n1,2024-07-01\n2,2024-07-01T10:00:00Z\n3,soon\n4,\n"
    outcome = house.land_one(content, by_row)
    assert counts(outcome) == (4, 2, 2)
    assert [str(row[0]) for row in house.rows("_extracted_at")] == [
        "2024-07-01 21:59:59",
        "2024-07-01 10:00:00",
    ]
    assert str(outcome.extracted_at) == "2024-07-01 21:59:59"


@pytest.mark.parametrize("size", [10, LARGE // 24])
def test_times_of_rows_are_read_alike_in_small_and_large_files(
    house: House, size: int
) -> None:
    by_row = contract(extracted_at=ExtractedAt(column="at"))
    written = ["2024-02-29", "2024-02-29 01:02:03.5", "2024-02-29T01:02:03+05:30"]
    lines = [f"{n},{written[n % 3]}" for n in range(size)]
    house.land_one("id,at\n" + "\n".join(lines) + "\n", by_row)
    found = house.query(
        'select "at", any_value(_extracted_at)::text from {raw} group by 1'
    )
    assert dict(found) == {
        "2024-02-29": "2024-02-29 23:59:59",
        "2024-02-29 01:02:03.5": "2024-02-29 01:02:03.5",
        "2024-02-29T01:02:03+05:30": "2024-02-28 19:32:03",
    }


def test_a_name_without_a_date_is_refused_where_the_name_states_it(
    house: House,
) -> None:
    outcome = house.land_one("id\n1\n", contract(extracted_at=BY_PATH), "latest.csv")
    assert "extracted_at.path" in outcome.message


def test_a_link_that_leaves_the_extracts_is_refused(
    house: House, tmp_path: Path
) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text("id\n1\n")
    (house.paths.extracts / "a.csv").symlink_to(outside)
    (house.paths.extracts / "b.csv").symlink_to(tmp_path / "nowhere")
    messages = [outcome.message for outcome in house.land().refused_files]
    assert ["leaves the extracts" in messages[0], "nowhere" in messages[1]] == [
        True
    ] * 2


def test_many_small_files_share_one_parquet_file(house: House) -> None:
    for number in range(60):
        house.put(f"{number:03}.csv", f"id,amount\n{number},1\n")
    assert house.land().landed_count == 60
    parts = [path.parent.name for path in house.paths.lake.glob("crm/deal/*/*.parquet")]
    assert sorted(parts) == ["_batch_id=declared", "_batch_id=n000001"]


def test_a_single_column_keeps_its_quoted_empty_values(house: House) -> None:
    given = contract(columns=(Column("id"),))
    assert counts(house.land_one('id\n""\n\n1\n', given)) == (2, 2, 0)
