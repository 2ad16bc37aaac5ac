"""What a published table looks like to a spreadsheet."""

import csv
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dagster_project.spreadsheets import MARK, write_handouts

DANGEROUS = ['=HYPERLINK("http://x")', "+1", "-1+1", "@SUM(A1)", "\tx", "\r=1", " =1"]


def handout(folder: Path, **columns: list[object]) -> list[list[str]]:
    (folder / "marts").mkdir()
    pq.write_table(pa.table(columns), folder / "marts" / "fct_a.parquet")
    (path,) = write_handouts(folder, {"fct_a": "place"})
    assert path == folder / "csv" / "fct_a.csv"
    with path.open(encoding="utf-8", newline="") as file:
        assert file.read(1) == MARK
        return list(csv.reader(file))


def test_a_text_that_would_run_as_a_formula_is_a_text_again(tmp_path: Path) -> None:
    places = list(range(len(DANGEROUS)))
    _, *rows = handout(tmp_path, place=places, told=DANGEROUS)
    assert [told for _, told in rows] == [f"'{text}" for text in DANGEROUS]


def test_rows_stand_in_their_order_and_numbers_stay_numbers(tmp_path: Path) -> None:
    rows = handout(
        tmp_path,
        place=[2, 1, 3],
        amount=[-5.5, None, 0.1],
        told=["a, b", 'say "so"', None],
    )
    assert rows == [
        ["place", "amount", "told"],
        ["1", "", 'say "so"'],
        ["2", "-5.5", "a, b"],
        ["3", "0.1", ""],
    ]


def test_a_table_without_rows_keeps_its_header(tmp_path: Path) -> None:
    nothing = pa.array([], pa.int64())
    assert handout(tmp_path, place=nothing) == [["place"]]
