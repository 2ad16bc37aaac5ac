"""The comparison of two generations bites: each kind of difference is told."""

from pathlib import Path

import duckdb
import pytest

from tests.spark.comparison import differences

ROWS = "select 'a' as code, 1 as found_count, 0.5::double as rate"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    told, other = tmp_path / "told", tmp_path / "other"
    told.mkdir()
    other.mkdir()
    return told, other


def write(folder: Path, query: str, name: str = "fct") -> None:
    duckdb.sql(f"copy ({query}) to '{folder / name}.parquet' (format parquet)")


def test_equal_rows_in_another_order_are_no_difference(
    folders: tuple[Path, Path],
) -> None:
    write(folders[0], f"{ROWS} union all select 'b', 2, null")
    write(
        folders[1],
        f"select 'b' as code, 2 as found_count, null::double as rate union all {ROWS}",
    )
    assert differences(*folders) == {}


@pytest.mark.parametrize(
    "changed",
    [
        "select 'b' as code, 1 as found_count, 0.5::double as rate",
        "select 'a' as code, 1 as found_count, 0.500001::double as rate",
        "select 'a' as code, 1 as found_count, null::double as rate",
        "select 'a' as code, 1::bigint as found_count, 0.5::double as rate",
        f"{ROWS} union all {ROWS}",
        f"{ROWS} limit 0",
    ],
)
def test_whatever_differs_is_told(folders: tuple[Path, Path], changed: str) -> None:
    write(folders[0], ROWS)
    write(folders[1], changed)
    assert list(differences(*folders)) == ["fct"]


def test_a_table_that_is_missing_is_told(folders: tuple[Path, Path]) -> None:
    write(folders[0], ROWS)
    write(folders[1], ROWS, "dim")
    assert list(differences(*folders)) == ["dim", "fct"]


def test_the_last_digits_of_a_float_are_no_difference(
    folders: tuple[Path, Path],
) -> None:
    write(folders[0], ROWS)
    write(folders[1], ROWS.replace("0.5::", "(0.5 + 1e-12)::"))
    assert differences(*folders) == {}
