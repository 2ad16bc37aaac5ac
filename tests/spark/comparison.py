"""Two generations, table by table and row by row."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

Row = tuple[Any, ...]
CLOSE = 1e-9


def differences(told: Path, other: Path) -> dict[str, str]:
    """What is not alike, by table; every table of either generation is looked at."""
    names = {path.name for path in (*told.glob("*.parquet"), *other.glob("*.parquet"))}
    found = {
        name.removesuffix(".parquet"): table_difference(told / name, other / name)
        for name in sorted(names)
    }
    return {name: difference for name, difference in found.items() if difference}


def table_difference(told: Path, other: Path) -> str:
    """The first difference of two tables in words; empty where there is none."""
    for path in (told, other):
        if not path.is_file():
            return f"{path.parent} lacks it"
    kinds = columns(told)
    if kinds != columns(other):
        return f"columns {kinds} and {columns(other)}"
    exact = [name for name, kind in kinds.items() if kind != "DOUBLE"]
    inexact = [name for name, kind in kinds.items() if kind == "DOUBLE"]
    rows, others = (sorted_rows(path, exact, inexact) for path in (told, other))
    return exact_difference(rows, others, exact) or next(
        filter(None, map(inexact_difference(exact, inexact), rows, others)), ""
    )


def columns(path: Path) -> dict[str, str]:
    described = duckdb.sql(f"describe from read_parquet('{path}')").fetchall()
    return {row[0]: row[1] for row in described}


def sorted_rows(path: Path, exact: Sequence[str], inexact: Sequence[str]) -> list[Row]:
    """Rows in an order that does not hang on the last digits of a float."""
    names = ", ".join(f'"{name}"' for name in (*exact, *inexact))
    rows = duckdb.sql(f"select {names} from read_parquet('{path}')").fetchall()
    width = len(exact)
    return sorted(
        rows,
        key=lambda row: (
            [(value is not None, str(value)) for value in row[:width]],
            [(value is not None, value or 0) for value in row[width:]],
        ),
    )


def exact_difference(rows: list[Row], others: list[Row], exact: Sequence[str]) -> str:
    width = len(exact)
    here, there = (Counter(row[:width] for row in each) for each in (rows, others))
    if here == there:
        return ""
    only, extra = list((here - there).elements()), list((there - here).elements())
    return (
        f"{len(rows)} and {len(others)} rows, {len(only)} and {len(extra)} without "
        f"their like, such as {dict(zip(exact, (only or extra)[0], strict=True))}"
    )


def inexact_difference(exact: Sequence[str], inexact: Sequence[str]) -> Any:
    """A judge of two rows that are alike but for their floats."""
    width = len(exact)

    def judge(row: Row, other: Row) -> str:
        for name, a, b in zip(inexact, row[width:], other[width:], strict=True):
            if not close(a, b):
                key = dict(zip(exact, row, strict=False))
                return f"{name} is {a!r} and {b!r} of {key}"
        return ""

    return judge


def close(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=CLOSE, abs_tol=CLOSE)
