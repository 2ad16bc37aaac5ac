"""The file in which a person mends rejected records: written, and read back.

Each record stands as it came, behind the number of its line: in CSV as a first column
`_line`, else before a space. A record begins where a rejected line's number stands, so
a quote left open in one never swallows the next.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project.landing.contract import Contract
from dagster_project.landing.csv_records import NOT_DECODED, NUL
from dagster_project.landing.sinks import MAX_RAW_TEXT

LINE = "_line"
ESCAPED = re.compile(r"\\x[0-9a-f]{2}")


class MendError(ValueError):
    """A file of mended records that cannot be read; names the line and the remedy."""


@dataclass(frozen=True)
class Rejected:
    """A record that was rejected, and its place in its file."""

    line: int
    row: int
    raw: str
    reason: str

    @property
    def is_cut(self) -> bool:
        return _is_long(self.raw)

    @property
    def is_escaped(self) -> bool:
        """Whether its raw text shows bytes that could not be read."""
        is_told = NOT_DECODED in self.reason or f"holds {NUL}" in self.reason
        return is_told and ESCAPED.search(self.raw) is not None

    def objection_to(self, mended: str) -> str:
        """What forbids to take a mended text for the record; empty where nothing."""
        if self.is_cut and _is_long(mended):
            return (
                f"was cut at {MAX_RAW_TEXT:,} characters; shorten it, or land the file "
                "again from extracts/"
            )
        if self.is_escaped and ESCAPED.search(mended):
            return f"still shows {NOT_DECODED}, as \\xNN; write what they stand for"
        return ""


@dataclass(frozen=True)
class Mended:
    """A record as a person gave it back."""

    line: int
    raw: str


def _is_long(raw: str) -> bool:
    # A line end that was cut off with the rest makes it shorter by two at most.
    return len(raw) >= MAX_RAW_TEXT - 2


def write_mend(
    path: Path, contract: Contract, header: str, rejected: Iterable[Rejected]
) -> None:
    """Write records to mend, in UTF-8; never over a file that may hold work.

    Raises:
        MendError: the file is there already.
    """
    if path.exists():
        raise MendError(f"{path} is there already; name another file, or remove it")
    mark = _mark(contract)
    lines = [f"{LINE}{mark}{header}"] if contract.format == "csv" else []
    lines += [f"{each.line}{mark}{each.raw}" for each in rejected]
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="")


def read_mend(
    path: Path, contract: Contract, rejected: Collection[int]
) -> tuple[str, list[Mended]]:
    """The header of a file of mended records (empty but for CSV), and the records.

    Raises:
        MendError: a record of no rejected line, or two of one.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MendError(f"{path} is not UTF-8 ({error.reason}); save it so") from error
    lines = _Numbered(path, text)
    header = _header(lines, contract) if contract.format == "csv" else ""
    records = list(_records(lines, contract, rejected))
    _check_twice(path, records)
    return header, records


class _Numbered:
    """Lines of the mended file, each with its number in it."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self._lines = enumerate(text.split("\n"), start=1)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return ((number, line.removesuffix("\r")) for number, line in self._lines)


def _mark(contract: Contract) -> str:
    return contract.delimiter if contract.format == "csv" else " "


def _begins(contract: Contract) -> re.Pattern[str]:
    mark = re.escape(_mark(contract))
    return re.compile(rf'\s*"?(\d{{1,18}})"?{mark}')


def _header(lines: _Numbered, contract: Contract) -> str:
    begins = re.compile(rf'"?{LINE}"?{re.escape(contract.delimiter)}')
    for number, line in lines:
        if line.strip():
            if found := begins.match(line):
                return line[found.end() :]
            raise MendError(
                f"{lines.path} line {number}: the header must begin with "
                f"{LINE}{contract.delimiter}, as it was written"
            )
    raise MendError(f"{lines.path} is empty; write it anew: funnelhouse reland --to")


def _records(
    lines: _Numbered, contract: Contract, rejected: Collection[int]
) -> Iterator[Mended]:
    begins, is_csv = _begins(contract), contract.format == "csv"
    current: Mended | None = None
    for number, text in lines:
        found = begins.match(text)
        line = int(found[1]) if found else 0
        if found and line in rejected:
            if current:
                yield current
            current = Mended(line, text[found.end() :])
        elif is_csv and current and current.raw.count('"') % 2:
            current = Mended(current.line, f"{current.raw}\n{text}")
        elif text.strip(f" \t{contract.delimiter}"):
            told = f"line {line} was never rejected" if found else "no line's number"
            raise MendError(
                f"{lines.path} line {number}: {told}; begin each record with the "
                f"number it was written with, and leave out what is not mended: "
                f"{text[:60]}"
            )
    if current:
        yield current


def _check_twice(path: Path, records: Sequence[Mended]) -> None:
    seen: set[int] = set()
    for record in records:
        if record.line in seen:
            raise MendError(
                f"{path}: line {record.line} is there twice; leave one of them"
            )
        seen.add(record.line)
