"""Parquet files become rows of text, or are refused whole."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dagster_project.landing import ExtractedAt

from .conftest import House, contract


def written(path: Path, **columns: object) -> bytes:
    pq.write_table(pa.table(columns), path)
    return path.read_bytes()


def test_values_of_every_type_land_as_text(house: House, tmp_path: Path) -> None:
    content = written(
        tmp_path / "x",
        id=[1],
        amount=[Decimal("1.10")],
        at=[datetime(2024, 1, 2, 3, 4, 5)],
        nested=[{"a": [1, None]}],
    )
    house.land_one(content, contract("parquet"))
    assert house.rows('id, amount, "at", nested, _source_row, _source_line') == [
        ("1", "1.10", "2024-01-02 03:04:05", '{"a":[1,null]}', 1, None)
    ]


def test_types_that_drift_over_files_lose_nothing(house: House, tmp_path: Path) -> None:
    for amount in ([Decimal("1.5")], [Decimal("2.123456")], ["n/a"]):
        house.land_one(
            written(tmp_path / "x", id=[1], amount=amount), contract("parquet")
        )
    assert [row[1] for row in house.rows()] == ["1.5", "2.123456", "n/a"]


def test_a_broken_file_is_refused_whole(house: House, tmp_path: Path) -> None:
    content = written(tmp_path / "x", id=["a" * 50] * 1000)
    for broken in (b"junk", content[:-20], content[:20] + b"\0" * 50 + content[70:]):
        assert house.land_one(broken, contract("parquet")).status_code == "refused"
    assert house.rows() == []


def test_columns_that_differ_only_by_case_are_refused(
    house: House, tmp_path: Path
) -> None:
    content = written(tmp_path / "x", id=[1], ID=[2])
    assert "twice" in house.land_one(content, contract("parquet")).message


def test_rows_without_a_time_are_rejected(house: House, tmp_path: Path) -> None:
    by_row = contract("parquet", extracted_at=ExtractedAt(column="at"))
    times = [datetime(2024, 1, 1), None]
    outcome = house.land_one(written(tmp_path / "x", id=[1, 2], at=times), by_row)
    assert (outcome.landed_count, outcome.rejected_count) == (1, 1)
    assert house.rejects() == [(2, '{"id":"2","at":null}')]
