"""Proves, without DuckDB, that a large CSV file is plain, and counts its records."""

from dataclasses import dataclass
from typing import IO

import numpy as np
import numpy.typing as npt

BLOCK = 4 * 1024 * 1024
MAX_RECORD = 1024 * 1024
QUOTE, NEWLINE, RETURN = 34, 10, 13
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Survey:
    """What DuckDB must find in a file that is plain."""

    records: int
    longest: int
    newline: str


def survey(file: IO[bytes], delimiter: str, width: int) -> Survey | None:
    """Count the records; None where anything at all is out of the ordinary.

    Plain is: UTF-8, no NUL, one kind of line end, no blank line, every record on one
    line with `width` fields, quotes only around whole fields and doubled inside.
    """
    if width < 2 or not delimiter.isascii():
        return None
    records = longest = 0
    newlines: set[str] = set()
    rest = b""
    while block := file.read(BLOCK):
        end = block.rfind(b"\n") + 1
        found = (
            _survey_block(rest + block[:end], ord(delimiter), width) if end else None
        )
        if found is None:
            return None
        rest = block[end:]
        records += found.records
        longest = max(longest, found.longest)
        newlines.add(found.newline)
    if rest or len(newlines) != 1 or longest > MAX_RECORD:
        return None
    return Survey(records - 1, longest, newlines.pop())


def _survey_block(block: bytes, delimiter: int, width: int) -> Survey | None:
    newline = _newline(block)
    if newline is None or not _is_text(block):
        return None
    codes = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(codes == NEWLINE)
    delimiters = np.flatnonzero(codes == delimiter)
    if b'"' in block:
        quotes = np.flatnonzero(codes == QUOTE)
        if not _are_quotes_plain(codes, quotes, delimiter):
            return None
        if np.any(np.searchsorted(quotes, ends) % 2):
            return None
        delimiters = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]
    passed = np.searchsorted(delimiters, ends)
    if np.any(np.diff(passed, prepend=0) != width - 1):
        return None
    longest = int(np.diff(ends, prepend=-1).max())
    return Survey(len(ends), longest, newline)


def _newline(block: bytes) -> str | None:
    returns = block.count(b"\r")
    if not returns:
        return "\n"
    pairs = block.count(b"\r\n")
    return "\r\n" if returns == pairs == block.count(b"\n") else None


def _is_text(block: bytes) -> bool:
    if b"\0" in block:
        return False
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _are_quotes_plain(
    codes: npt.NDArray[np.uint8], quotes: Positions, delimiter: int
) -> bool:
    """Each opens at a field's start and closes at its end, or is doubled inside."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before = codes[opening - 1]
    after = codes[closing + 1]
    opens = np.isin(before, (delimiter, NEWLINE, QUOTE)) | (opening == 0)
    closes = np.isin(after, (delimiter, NEWLINE, RETURN, QUOTE))
    return bool(opens.all() and closes.all())
