"""Tables as spreadsheets read them: CSV, of which no text runs as a formula.

Holds how a table becomes CSV and which files of a generation are such; not what a table
means.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from dagster_project.publishing import SCHEMA

FOLDER = "csv"
# With it, spreadsheets know the file for UTF-8.
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as the text of a CSV file."""
    text = io.StringIO()
    _write(text, columns, rows)
    return text.getvalue()


def write_handouts(generation: Path, orders: Mapping[str, str]) -> list[Path]:
    """Tables of an unfinished generation as CSV, each in the order of a column."""
    folder = generation / FOLDER
    folder.mkdir(exist_ok=True)
    return [_handout(generation, folder, *each) for each in sorted(orders.items())]


def _handout(generation: Path, folder: Path, name: str, order: str) -> Path:
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    table = pq.read_table(generation / SCHEMA / f"{name}.parquet").sort_by(order)
    path = folder / f"{name}.csv"
    rows = (
        row.values() for batch in table.to_batches(10_000) for row in batch.to_pylist()
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        _write(file, table.column_names, map(list, rows))
    return path


def _write(
    file: IO[str], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    file.write(MARK)
    # With "\n" as its end of line, the writer would leave a lone "\r" unquoted.
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_harmless(value) for value in row] for row in rows)


def _harmless(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula, made a text again."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
