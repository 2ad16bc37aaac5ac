"""CSV traps, each with its expected outcome; every file lands or says why not."""

import gzip

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
import yaml

from dagster_project.landing import Column, ExtractedAt, incoming
from dagster_project.landing.incoming import stated_time
from dagster_project.paths import DBT

from .conftest import BY_PATH, House, contract

LARGE = incoming.SMALL + 1


def counts(outcome: object) -> tuple[int, int, int]:
    return tuple(
        getattr(outcome, f"{name}_count") for name in ("physical", "landed", "rejected")
    )


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


def plain_path() -> str:
    """The shipped expression for names of `plain` files."""
    text = (DBT / "models/staging/plain/_plain__sources.yml").read_text("utf-8")
    [source] = yaml.safe_load(text)["sources"]
    return str(source["config"]["meta"]["extract"]["extracted_at"]["path"])


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("2026-06-30", "2026-06-30 23:59:59"),
        ("20260630", "2026-06-30 23:59:59"),
        ("stage_changes_2026-06-30", "2026-06-30 23:59:59"),
        ("2026-06-30-01", "2026-06-30 23:59:59"),
        ("2026-06-30T06:00", "2026-06-30 06:00:00"),
        ("20260630T0600Z", "2026-06-30 06:00:00"),
        ("2026-06-30T06:00:30.5Z", "2026-06-30 06:00:30.500000"),
        ("20260630T060030", "2026-06-30 06:00:30"),
        ("2026-06-30T06-00-30", "2026-06-30 06:00:30"),
        ("2026-06-30_06-00-30", "2026-06-30 06:00:30"),
        ("20260630_060030", "2026-06-30 06:00:30"),
        ("2026-06-30 06:00:30", "2026-06-30 06:00:30"),
        ("2026-06-30T06:00:30+02:00", "2026-06-30 04:00:30"),
        ("2026-06-30T06:00-0530", "2026-06-30 11:30:00"),
    ],
)
def test_the_name_of_a_plain_file_states_its_time(name: str, stated: str) -> None:
    plain = contract(extracted_at=ExtractedAt(path=plain_path()))
    assert str(stated_time(plain, f"plain/deals/{name}.csv")) == stated


@pytest.mark.parametrize(
    "name", ["2026-06-30T6", "2026-06-30T06", "2026-06-30T06:00:61", "2026063012"]
)
def test_a_plain_file_whose_time_would_be_read_in_part_is_refused(
    house: House, name: str
) -> None:
    plain = contract(extracted_at=ExtractedAt(path=plain_path()))
    assert "rename the file" in house.land_one("id\n1\n", plain, f"{name}.csv").message


def test_many_small_files_share_one_parquet_file(house: House) -> None:
    for number in range(60):
        house.put(f"{number:03}.csv", f"id,amount\n{number},1\n")
    assert house.land().landed_count == 60
    parts = [path.parent.name for path in house.paths.lake.glob("crm/deal/*/*.parquet")]
    assert sorted(parts) == ["_batch_id=declared", "_batch_id=n000001"]


def test_a_single_column_keeps_its_quoted_empty_values(house: House) -> None:
    given = contract(columns=(Column("id"),))
    assert counts(house.land_one('id\n""\n\n1\n', given)) == (2, 2, 0)
