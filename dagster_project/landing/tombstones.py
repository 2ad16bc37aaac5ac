"""Whom this installation has forgotten: salted hashes in the lake, and no address."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dagster_project.addresses import (
    BLANK,
    addresses_in,
    blanked,
    normalised,
)
from dagster_project.landing import lake
from dagster_project.landing.sinks import LandingError
from dagster_project.paths import Paths

EMAIL, SALT = "email", "salt"
MARK = "erased-"
SCHEMA = pa.schema([("kind_code", pa.string()), ("hash", pa.string())])


class SaltChangedError(LandingError):
    """Another salt than the one that people were forgotten with."""


@dataclass(frozen=True, order=True)
class Tombstone:
    """A key of a forgotten person: an address's, a contact's or a user's hash."""

    kind_code: str
    hash: str


@dataclass
class Forgotten:
    """The tombstones of an installation, to be held against what a row says."""

    salt: str
    tombstones: frozenset[Tombstone]
    _known: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _hashes(self) -> frozenset[str]:
        return frozenset(tombstone.hash for tombstone in self.tombstones)

    def hash_of(self, address: str) -> str:
        """As dbt's macro `hashed` does it."""
        return _sha256(f"{self.salt}{normalised(address)}")

    def key(self, kind: str, source_code: str, value: str) -> Tombstone:
        """The key of a record, as dbt's macro `hashed_key` does it."""
        return Tombstone(kind, self._key_hash(kind, source_code, value))

    def has_key(self, kind: str, source_code: str, value: str) -> bool:
        return self._key_hash(kind, source_code, value) in self._hashes

    def _key_hash(self, kind: str, source_code: str, value: str) -> str:
        key = value.strip(" ")
        if "@" in key or "%40" in key:
            key = self.hash_of(key)  # as dbt's macro `record_key` does it
        return _sha256(f"{self.salt}{kind}\x1f{source_code}\x1f{key}")

    def mark_of(self, address: str) -> str:
        """What stands for an address where a key must go on telling rows apart."""
        return f"{MARK}{self.hash_of(address)}"

    def named_in(self, text: str) -> set[str]:
        """The addresses of forgotten people that a text names."""
        return {found for found in addresses_in(text) if self._knows(found)}

    def without(self, text: str) -> str:
        """A text with their addresses blanked; all of it where they stay readable."""
        found = blanked(text, self.named_in(text))
        return BLANK if found is None else found

    def _knows(self, address: str) -> bool:
        if len(self._known) > 1_000_000:
            self._known.clear()
        if address not in self._known:
            self._known[address] = self.hash_of(address)
        return self._known[address] in self._hashes


def read_forgotten(paths: Paths) -> Forgotten | None:
    """Whom landing has to leave out; none where nobody was ever forgotten.

    Raises:
        SaltChangedError: their hashes were made with another salt.
    """
    held = read_tombstones(paths)
    if not held:
        return None
    forgotten = Forgotten(held_salt(paths), frozenset(held))
    if _salt_mark(forgotten) not in held:
        raise SaltChangedError(
            f"{paths.tombstones}: people were forgotten with another salt than the "
            "one that is set, and would not be known any more; set "
            "FUNNELHOUSE_PII_SALT, or the file pii_salt, back to what it was"
        )
    return forgotten


def bury(paths: Paths, address: str) -> Forgotten:
    """Set the tombstone of an address, and the mark that the lake may still hold it."""
    begin_erasure(paths)
    held = read_forgotten(paths) or Forgotten(held_salt(paths), frozenset())
    write_tombstones(paths, held, [Tombstone(EMAIL, held.hash_of(address))])
    return read_forgotten(paths) or held


def read_tombstones(paths: Paths) -> set[Tombstone]:
    return {
        Tombstone(**row)
        for path in paths.tombstones.glob("t*.parquet")
        for row in pq.read_table(path, columns=SCHEMA.names).to_pylist()
    }


def write_tombstones(
    paths: Paths, forgotten: Forgotten, found: Iterable[Tombstone]
) -> bool:
    """Add those that are new, after the mark that somebody is being forgotten.

    Says whether there were any. What lies in the lake already is erased by whoever
    finds the mark: `forget`, or any night before it builds.
    """
    new = set(found) - read_tombstones(paths)
    if not new:
        return False
    begin_erasure(paths)
    rows = sorted({*new, _salt_mark(forgotten)})
    number = len(list(paths.tombstones.glob("t*.parquet"))) + 1
    path = paths.tombstones / f"t{number:06d}.parquet"
    lake.write_rows(path, [vars(row) for row in rows], SCHEMA)
    return True


def declare_tombstones(paths: Paths) -> None:
    """An empty file, so that a glob over tombstones finds one."""
    path = paths.tombstones / "declared.parquet"
    if not path.is_file():
        lake.write_rows(path, [], SCHEMA)


def tombstones_fingerprint(paths: Paths) -> str:
    """Says whom a build knew to be forgotten; empty where there is nobody."""
    held = sorted(read_tombstones(paths))
    return _sha256(json.dumps([vars(row) for row in held])) if held else ""


def begin_erasure(paths: Paths) -> None:
    """Leave the mark that the lake holds somebody who is to be forgotten."""
    write_progress(paths, {**(read_progress(paths) or {}), "is_lake_clean": False})


def write_progress(paths: Paths, progress: dict[str, Any]) -> None:
    mark = paths.unfinished_erasure
    mark.parent.mkdir(parents=True, exist_ok=True)
    temporary = mark.with_name(f".{mark.name}.tmp")
    temporary.write_text(json.dumps(progress), encoding="utf-8")
    lake.settle([temporary], [mark])


def read_progress(paths: Paths) -> dict[str, Any] | None:
    """How far an erasure has come; none where none is under way."""
    mark = paths.unfinished_erasure
    if not mark.is_file():
        return None
    found: dict[str, Any] = json.loads(mark.read_text(encoding="utf-8"))
    return found


def held_salt(paths: Paths) -> str:
    """The salt that this process was started with, as dbt's connections have it."""
    given = os.environ.get("FUNNELHOUSE_PII_SALT", "")
    return given or paths.salt.read_text(encoding="ascii").strip()


def _salt_mark(forgotten: Forgotten) -> Tombstone:
    return Tombstone(SALT, forgotten.hash_of("funnelhouse"))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
