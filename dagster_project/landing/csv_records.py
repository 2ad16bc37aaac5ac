"""Splits CSV text into records and finds the bad ones; knows no column."""

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

MAX_FIELD = 16 * 1024 * 1024
# Where `errors="surrogateescape"` puts bytes that cannot be decoded, and NUL.
UNREADABLE = re.compile("[\0\ud800-\udfff]")
NUL, NOT_DECODED = "a NUL", "bytes that are not in its encoding"


class _BadLineError(csv.Error):
    """A physical line that holds a NUL or bytes that cannot be decoded."""


class Record(NamedTuple):
    """A record, the physical line it starts on, and its fault if it has one."""

    line: int
    fields: list[str]
    raw: str
    fault: str = ""


class Lines:
    """Physical lines with push-back, remembering those of the current record.

    Between two records `number` and `position` (in bytes of UTF-8) say where the next
    one begins.
    """

    def __init__(
        self, lines: Iterator[str], number: int = 1, position: int = 0
    ) -> None:
        self.taken: list[str] = []
        self.number = number
        self.position = position
        self._lines = lines
        self._again: deque[str] = deque()

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        if not line.isascii() or "\0" in line:
            _check_readable(line)
        return line

    def accept(self) -> None:
        self.number += len(self.taken)
        self.position += sum(map(_size, self.taken))
        self.taken.clear()

    def give_back_all_but_first(self) -> str:
        """So that good rows after a quote left open survive."""
        first, *rest = self.taken
        self._again.extendleft(reversed(rest))
        self.number += 1
        self.position += _size(first)
        self.taken.clear()
        return first


def _size(line: str) -> int:
    if line.isascii():
        return len(line)
    return len(line.encode("utf-8", errors="surrogateescape"))


def _check_readable(line: str) -> None:
    if found := UNREADABLE.search(line):
        kind = NUL if found[0] == "\0" else NOT_DECODED
        raise _BadLineError(f"holds {kind}; export the line again")


def read_records(lines: Lines, delimiter: str, width: int = 0) -> Iterator[Record]:
    """Every record, good or bad; blank lines are none.

    `width` 0 takes that of the first good record.
    """
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.number
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raw = lines.give_back_all_but_first()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            yield Record(line, [], raw, _fault(error))
            continue
        width = width or len(fields)
        if not fields:
            lines.accept()
        elif len(fields) == width:
            raw = "".join(lines.taken)
            lines.accept()
            yield Record(line, fields, raw)
        else:
            raw = lines.give_back_all_but_first()
            yield Record(line, [], raw, _width_fault(len(fields), width))


def _width_fault(found: int, expected: int) -> str:
    few = "too few" if found < expected else "too many"
    return (
        f"{few} fields: {found}, the header has {expected}; quote values that hold "
        "the delimiter or a line break, or drop the line if it is no record"
    )


def _fault(error: csv.Error) -> str:
    text = str(error)
    if isinstance(error, _BadLineError):
        return text
    if "unexpected end" in text:
        return 'a quote is opened and never closed; close it, or double it ("")'
    if "expected after" in text:
        return 'characters after a closing quote; double quotes inside a value ("")'
    if "field limit" in text:
        return (
            f"a field is longer than {MAX_FIELD} characters, or a quote is never "
            "closed; close it, or shorten the value"
        )
    return f"{text}; export the line again"
