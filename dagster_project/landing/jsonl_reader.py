"""JSON Lines to rows: one strict object a line, its top-level keys become columns."""

import json
import re
from collections.abc import Callable, Collection
from datetime import datetime
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from dagster_project.landing.contract import Contract
from dagster_project.landing.csv_reader import (
    CHUNK_CHARACTERS,
    CHUNK_ROWS,
    open_text,
    time_fault,
    without_mark,
)
from dagster_project.landing.csv_records import MAX_FIELD, NOT_DECODED, UNREADABLE
from dagster_project.landing.incoming import Incoming, RefusedError
from dagster_project.landing.names import (
    MAX_COLUMNS,
    Spelling,
    check_frozen,
    check_missing,
    key_fault,
    listed,
    problem_of,
)
from dagster_project.landing.sinks import (
    ArrowRows,
    Reading,
    RejectSink,
    Rows,
    newest_of,
)
from dagster_project.landing.times import read_instant

BLANK = " \t\r\n"
# Escapes that would be written otherwise, as would -0, and spaces after a quote, with
# which `":` could not be counted; the count shows a key that stands twice.
CAREFULLY = (
    *("\\u", "\\/", '" ', '"\t', '"\r'),
    *("-0,", "-0}", "-0]", "-0 ", "-0\t", "-0\r"),
)
SPACE = re.compile(r"[ \t\r\n]*")
SPACE_OUTSIDE_STRINGS = re.compile(r'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')
Row = dict[str, str | None]


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON; write null")


def _exact(text: str) -> float:
    number = float(text)
    if repr(number) != text:
        raise ValueError(f"{text} would not be written so again")
    return number


# Reads whole lines fast, and only those whose values can be written back unchanged.
_load = json.JSONDecoder(parse_float=_exact, parse_constant=_constant).decode
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
# Numbers stay the text they are: 20 digits survive, and so does 1.10.
_scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder(
    parse_float=str, parse_int=str, parse_constant=_constant
).scan_once  # type: ignore[attr-defined]


def read_jsonl(
    incoming: Incoming,
    contract: Contract,
    emit: Callable[[Rows], None],
    rejects: RejectSink,
) -> Reading:
    """Emit every good object; give every bad line to `rejects`.

    Raises:
        RefusedError: keys that are missing in every line, or not allowed.
    """
    body = Body(incoming, contract, emit, rejects)
    with open_text(incoming, contract, newline="\n") as text:
        try:
            for number, line in enumerate(without_mark(text), start=1):
                body.read(number, line)
        except UnicodeDecodeError as error:
            raise RefusedError(
                f"bytes that are not {contract.encoding} ({error.reason}); declare "
                "the encoding it has"
            ) from error
    reading = body.finish()
    check_keys(reading, body.columns, contract)
    return reading


def check_keys(reading: Reading, columns: Collection[str], contract: Contract) -> None:
    """Refuse a file with keys that are missing in every line, or not allowed."""
    if reading.physical and columns:
        check_missing(columns, contract, f"keys: {listed(columns)}")
        check_frozen(columns, contract)


class _Keys:
    """Maps keys to column names, remembering which a file has."""

    def __init__(self, contract: Contract) -> None:
        self._spelling = Spelling(contract)
        self._by_key: dict[str, str] = {}
        self._by_keys: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.columns: dict[str, None] = {}

    def all(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of keys that stand together in one object."""
        names = self._by_keys.get(keys)
        if names is None:
            names = tuple(map(self.column, keys))
            if len(set(names)) != len(names):
                raise ValueError("a key stands twice")
            if len(self._by_keys) < MAX_COLUMNS:
                self._by_keys[keys] = names
        return names

    def column(self, key: str) -> str:
        name = self._by_key.get(key)
        if name is None:
            name = self._by_key[key] = self._new(key)
        return name

    def _new(self, key: str) -> str:
        if problem := problem_of(key) or _unreadable(key):
            raise ValueError(f"{problem}; rename the key")
        if len(self._by_key) >= MAX_COLUMNS:
            raise ValueError(
                f"more than {MAX_COLUMNS} different keys; put them in a nested object"
            )
        name = self._spelling.of(key)
        self.columns[name] = None
        return name


def read_row(text: str, keys: _Keys) -> Row:
    """One JSON object as a row of text, by the fast way where it changes nothing.

    Raises:
        ValueError: whatever makes it no strict JSON object, worded for a person.
    """
    if text[:1] != "{" or any(mark in text for mark in CAREFULLY):
        return read_object(text, keys)
    try:
        found = _load(text)
        names = keys.all(tuple(found))
    except (ValueError, RecursionError):
        return read_object(text, keys)
    members = len(found)
    values: list[str | None] = []
    for value in found.values():
        if value is not None and type(value) is not str:
            value = _dump(value)
            members += value.count('":')
        values.append(value)
    if members != text.count('":'):
        return read_object(text, keys)
    return dict(zip(names, values, strict=True))


def read_object(text: str, keys: _Keys) -> Row:
    """One JSON object as a row of text, member by member.

    Raises:
        ValueError: whatever makes it no strict JSON object, worded for a person.
    """
    text = text.strip(BLANK)
    if text[:1] != "{":
        raise ValueError("not a JSON object; write one object a line")
    row: Row = {}
    at = _skip(text, 1)
    if text[at : at + 1] == "}":
        at += 1
    else:
        at = _read_members(text, at, row, keys)
    if at != len(text):
        raise ValueError(f"something follows the object at character {at + 1}")
    return row


def _read_members(text: str, at: int, row: Row, keys: _Keys) -> int:
    is_escaped = "\\u" in text
    while True:
        if text[at : at + 1] != '"':
            raise ValueError(f"a quoted key is missing at character {at + 1}")
        key, at = scanstring(text, at + 1, True)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise ValueError(f"':' is missing at character {at + 1}")
        start = _skip(text, at + 1)
        value, at = _scan(text, start)
        name = keys.column(key)
        if name in row:
            raise ValueError(f"key {key!r} stands twice (case does not count)")
        row[name] = _as_text(value, text, start, at)
        if is_escaped:
            _check_escapes(value, name)
        at = _skip(text, at)
        mark = text[at : at + 1]
        if mark == "}":
            return at + 1
        if mark != ",":
            raise ValueError(f"',' or '}}' is missing at character {at + 1}")
        at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    if text[at : at + 1] in BLANK:
        found = SPACE.match(text, at)
        return found.end() if found else at
    return at


def _as_text(value: Any, text: str, start: int, end: int) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return compact(text[start:end])


def compact(raw: str) -> str:
    """Nested JSON as it was written, without the spaces between its tokens."""
    if " " in raw or "\t" in raw or "\r" in raw:
        return SPACE_OUTSIDE_STRINGS.sub(lambda found: found[1] or "", raw)
    return raw


def _check_escapes(value: Any, name: str) -> None:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if problem := _unreadable(text):
        raise ValueError(f"{name}: {problem}; mend the escape")


def _unreadable(text: str) -> str:
    found = UNREADABLE.search(text)
    return f"{found[0]!r} is half a character or a NUL" if found else ""


def _worded(error: ValueError) -> str:
    """Reason and remedy; the decoder's own words name a line that is not the file's."""
    reason = str(error)
    if isinstance(error, json.JSONDecodeError):
        reason = f"{error.msg.removesuffix(' at')} at character {error.pos + 1}"
    return reason if ";" in reason else f"{reason}; export the line again"


class Body:
    """Reads line after line of one file."""

    def __init__(
        self,
        incoming: Incoming,
        contract: Contract,
        emit: Callable[[Rows], None],
        rejects: RejectSink,
    ) -> None:
        self._incoming = incoming
        self._contract = contract
        self._emit = emit
        self._rejects = rejects
        self._keys = _Keys(contract)
        self._zone = ZoneInfo(contract.timezone)
        stated = contract.extracted_at.column
        self.time_column = Spelling(contract).of(stated) if stated else None
        self.key = [Spelling(contract).of(name) for name in contract.key]
        self.physical = self._landed = 0
        self._newest: datetime | None = None
        self._clear()

    def _clear(self) -> None:
        self._rows: list[Row] = []
        self._numbers: list[int] = []
        self._lines: list[int] = []
        self._times: list[datetime | None] = []
        self._characters = 0

    @property
    def columns(self) -> Collection[str]:
        return self._keys.columns

    def names(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of keys that stand together in one object.

        Raises:
            ValueError: whatever is wrong with them.
        """
        return self._keys.all(keys)

    def count(self, rows: ArrowRows) -> None:
        """Count rows that need no judgement; `physical` has them already."""
        self._landed += len(rows)
        self._newest = newest_of(rows, self._newest)

    def read(self, number: int, line: str) -> None:
        if line.strip(BLANK):
            self.physical += 1
            self.judge(number, line, self.physical)

    def judge(self, number: int, line: str, row: int) -> None:
        """Keep or reject the record that stands on a line."""
        try:
            found = self._row(line)
            at = self._time_of(found)
            self._check_key(found)
        except ValueError as error:
            self._rejects.add(self._incoming, number, line, _worded(error))
            return
        self._keep(found, row, number, at, len(line))

    def _row(self, line: str) -> Row:
        if len(line) > MAX_FIELD:
            raise ValueError(f"line is longer than {MAX_FIELD} characters; split it")
        if not line.isascii() and UNREADABLE.search(line):
            raise ValueError(f"{NOT_DECODED}; export the line again")
        try:
            return read_row(line, self._keys)
        except StopIteration as stop:
            raise ValueError(
                f"a value is missing or no JSON at character {stop.value + 1}"
            ) from stop
        except RecursionError as error:
            raise ValueError("nested too deeply; flatten it") from error

    def _time_of(self, row: Row) -> datetime | None:
        if self.time_column is None:
            return self._incoming.extracted_at
        text = row.get(self.time_column)
        at = read_instant(text or "", self._zone, day_ends=True)
        if at is None:
            raise ValueError(time_fault(self.time_column, text))
        return at

    def _check_key(self, row: Row) -> None:
        if self.key and not any((row.get(k) or "").strip(" ") for k in self.key):
            raise ValueError(key_fault(self._contract))

    def _keep(
        self, found: Row, row: int, number: int, at: datetime | None, size: int
    ) -> None:
        self._landed += 1
        self._rows.append(found)
        self._numbers.append(row)
        self._lines.append(number)
        self._times.append(at)
        self._characters += size
        if at is not None and (self._newest is None or at > self._newest):
            self._newest = at
        if len(self._rows) >= CHUNK_ROWS or self._characters > CHUNK_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        values = {
            name: [row.get(name) for row in self._rows] for name in self._keys.columns
        }
        self._emit(
            Rows(values, self._numbers, self._lines, self._times, self._characters)
        )
        self._clear()

    def finish(self) -> Reading:
        self._flush()
        rejected = self.physical - self._landed
        newest = self._newest or self._incoming.extracted_at
        return Reading(self.physical, self._landed, rejected, newest)
