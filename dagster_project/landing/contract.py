"""The declared shape of each raw table, read from dbt's manifest; reads no extract."""

import codecs
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dagster_project.landing.times import read_instant

FORMATS = ("csv", "jsonl", "parquet")
DECIMALS = (".", ",")
MODES = ("full", "append", "changes")
SCHEMA_CHANGES = ("evolve", "freeze")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
SHAPE_KEYS = ("files", "format", "encoding", "delimiter", "date_format", "decimal")
ERASURES = ("values", "rows")
PERSONAL = ("email", "phone", "name", "ip", "text")
PERSON_KEYS = ("contact", "user")
MEANING_KEYS = ("mode", "key", "timezone", "extracted_at", "schema_change", "erase")
KEYS = {*SHAPE_KEYS, *MEANING_KEYS, "data_through", "history_from"}


class ContractError(ValueError):
    """A declaration that cannot be used; names source, table, key and remedy."""


@dataclass(frozen=True)
class Column:
    """A declared column of a raw table.

    `pii` says what personal data it holds; `member` which member of a JSON object is
    meant, or, of an e-mail column, states whose the row is; `person_key` whose key it
    is: a contact's or a user's.
    """

    name: str
    required: bool = True
    pii: str = ""
    member: str = ""
    person_key: str = ""


@dataclass(frozen=True)
class ExtractedAt:
    """Where the time of an extract is stated: exactly one field is set."""

    column: str | None = None
    path: str | None = None
    fixed: datetime | None = None


@dataclass(frozen=True)
class Contract:
    """How the files of one raw table look; times are naive UTC."""

    source_code: str
    table_name: str
    files: tuple[str, ...]
    format: str
    extracted_at: ExtractedAt
    encoding: str = "utf-8"
    delimiter: str = ","
    timezone: str = "UTC"
    mode: str = "changes"
    key: tuple[str, ...] = ()
    data_through: datetime | None = None
    history_from: datetime | None = None
    schema_change: str = "evolve"
    erase: str = "values"
    columns: tuple[Column, ...] = ()

    @classmethod
    def undeclared(cls, source_code: str, table_name: str) -> "Contract":
        """Of a table that lies in the lake and is declared no more."""
        return cls(source_code, table_name, (), "csv", ExtractedAt())

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)


def read_contracts(
    manifest: Mapping[str, Any], sources: Collection[str]
) -> list[Contract]:
    """Contracts of every table of `sources` (empty: all) that has `meta.extract`.

    Raises:
        ContractError: a declaration that lacks or misspells something.
    """
    contracts = []
    for node in manifest.get("sources", {}).values():
        extract = _extract(node)
        if extract and (not sources or node["source_name"] in sources):
            contracts.append(_contract(node, extract))
    return sorted(contracts, key=lambda found: (found.source_code, found.table_name))


def _extract(node: Mapping[str, Any]) -> dict[str, Any]:
    """`meta.extract` of a table over that of its source, key by key."""
    config = (node.get("config") or {}).get("meta") or {}
    merged: dict[str, Any] = {}
    for meta in (node.get("source_meta"), node.get("meta"), config):
        merged.update((meta or {}).get("extract") or {})
    return merged


def _contract(node: Mapping[str, Any], extract: Mapping[str, Any]) -> Contract:
    read = _Reader(node["source_name"], node["name"], extract)
    read.check_names()
    read.check_values()
    zone = read.zone()
    columns = _columns(node, read)
    mode = read.choice("mode", MODES)
    return Contract(
        source_code=node["source_name"],
        table_name=node["name"],
        files=read.files(),
        format=read.choice("format", FORMATS),
        extracted_at=read.extracted_at(zone),
        encoding=read.encoding(),
        delimiter=read.delimiter(),
        timezone=zone.key,
        mode=mode,
        key=read.key(columns, mode),
        data_through=read.instant("data_through", zone, day_ends=True),
        history_from=read.instant("history_from", zone, day_ends=False),
        schema_change=read.choice("schema_change", SCHEMA_CHANGES, "evolve"),
        erase=read.choice("erase", ERASURES, "values"),
        columns=columns,
    )


def _columns(node: Mapping[str, Any], read: "_Reader") -> tuple[Column, ...]:
    return tuple(
        read.column(name, _meta(column))
        for name, column in (node.get("columns") or {}).items()
    )


def _meta(column: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        **(column.get("meta") or {}),
        **((column.get("config") or {}).get("meta") or {}),
    }


@dataclass(frozen=True)
class _Reader:
    """Reads one `meta.extract`, and says exactly what is wrong with it."""

    source: str
    table: str
    extract: Mapping[str, Any]

    def error(self, key: str, problem: str, remedy: str) -> ContractError:
        return ContractError(
            f"source {self.source}, table {self.table}: meta.extract.{key} {problem}; "
            f"{remedy} in models/staging/{self.source}/_{self.source}__sources.yml"
        )

    def column(self, name: str, meta: Mapping[str, Any]) -> Column:
        for key, allowed in (("pii", PERSONAL), ("person_key", PERSON_KEYS)):
            if key in meta and meta[key] not in allowed:
                raise ContractError(
                    f"source {self.source}, table {self.table}, column {name}: "
                    f"meta.{key} is {meta[key]!r}; state one of {list(allowed)}"
                )
        return Column(
            name,
            meta.get("required", True) is not False,
            str(meta.get("pii", "")),
            str(meta.get("member", "")),
            str(meta.get("person_key", "")),
        )

    def check_names(self) -> None:
        for name in (self.source, self.table):
            if not CODE.fullmatch(name):
                raise ContractError(
                    f"source {self.source}, table {self.table}: {name!r} names a "
                    "folder of the lake; use letters, digits, '_' and '-', and begin "
                    "with a letter or digit"
                )
        for key in sorted(self.extract.keys() - KEYS):
            raise self.error(key, "is not known", f"use one of {sorted(KEYS)}")

    def check_values(self) -> None:
        """What staging reads values by; landing itself lands text."""
        self.choice("decimal", DECIMALS, DECIMALS[0])
        written = self.extract.get("date_format", "%Y")
        if not isinstance(written, str) or "%" not in written or "'" in written:
            raise self.error(
                "date_format", f"is {written!r}", 'state one such as "%d.%m.%Y"'
            )

    def choice(self, key: str, allowed: tuple[str, ...], default: str = "") -> str:
        value = self.extract.get(key, default or None)
        if value is None:
            raise self.error(key, "is missing", f"state one of {list(allowed)}")
        if value not in allowed:
            raise self.error(key, f"is {value!r}", f"state one of {list(allowed)}")
        return str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.extract.get(key) or []
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(x, str) for x in listed):
            raise self.error(key, f"is {value!r}", "state a list of names")
        return tuple(listed)

    def key(self, columns: Collection[Column], mode: str) -> tuple[str, ...]:
        names = self.texts("key")
        if mode == "full" and not names:
            raise self.error(
                "key",
                "is missing, and mode full takes a key that a later extract lacks for "
                "deleted",
                "name the columns that tell rows apart",
            )
        declared = {column.name for column in columns}
        if strange := [name for name in names if declared and name not in declared]:
            raise self.error("key", f"has {strange}", "name columns of the table")
        return names

    def files(self) -> tuple[str, ...]:
        patterns = self.texts("files")
        if not patterns:
            raise self.error("files", "is missing", "state globs under extracts/")
        for pattern in patterns:
            parts = pattern.replace("\\", "/").split("/")
            if pattern.startswith("/") or ".." in parts or not pattern.strip():
                raise self.error(
                    "files", f"has {pattern!r}", "stay below extracts/: no '..', no '/'"
                )
        return patterns

    def zone(self) -> ZoneInfo:
        name = self.extract.get("timezone", "UTC")
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
            raise self.error(
                "timezone", f"is {name!r}", "state an IANA name such as Europe/Berlin"
            ) from error

    def encoding(self) -> str:
        name = self.extract.get("encoding", "utf-8")
        try:
            "".encode(name)
            return codecs.lookup(name).name
        except (LookupError, TypeError) as error:
            raise self.error(
                "encoding", f"is {name!r}", "state one Python knows, such as cp1252"
            ) from error

    def delimiter(self) -> str:
        value = self.extract.get("delimiter", ",")
        if not isinstance(value, str) or len(value) != 1 or value in '"\r\n\0':
            raise self.error(
                "delimiter", f"is {value!r}", "state one character, not a quote"
            )
        return value

    def instant(self, key: str, zone: ZoneInfo, *, day_ends: bool) -> datetime | None:
        value = self.extract.get(key)
        if value is None:
            return None
        read = read_instant(str(value), zone, day_ends=day_ends)
        if read is None:
            raise self.error(key, f"is {value!r}", "state a date such as 2024-01-31")
        return read

    def extracted_at(self, zone: ZoneInfo) -> ExtractedAt:
        value = self.extract.get("extracted_at")
        remedy = "state one of column: <name>, path: <regex>, fixed: <time>"
        if value is None:
            raise self.error("extracted_at", "is missing", remedy)
        if not isinstance(value, dict) or len(value) != 1:
            raise self.error("extracted_at", f"is {value!r}", remedy)
        (kind, stated), *_ = value.items()
        if kind == "column" and isinstance(stated, str) and stated:
            return ExtractedAt(column=stated)
        if kind == "path" and isinstance(stated, str):
            return ExtractedAt(path=self._path(stated))
        if kind == "fixed":
            return ExtractedAt(fixed=self._fixed(str(stated), zone))
        raise self.error("extracted_at", f"is {value!r}", remedy)

    def _path(self, pattern: str) -> str:
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            raise self.error(
                "extracted_at.path", f"is no regular expression ({error})", "mend it"
            ) from error
        if compiled.groups != 1 and "extracted_at" not in compiled.groupindex:
            raise self.error(
                "extracted_at.path",
                f"has {compiled.groups} groups",
                "put the date in one group, or name it (?P<extracted_at>...)",
            )
        return pattern

    def _fixed(self, text: str, zone: ZoneInfo) -> datetime:
        read = read_instant(text, zone, day_ends=True)
        if read is None:
            raise self.error(
                "extracted_at.fixed", f"is {text!r}", "state a date such as 2024-01-31"
            )
        return read
