"""Takes forgotten people out of rows and rejects; which rows those are, and how.

A record about a person alone is removed, a fact of a journey is cleaned, as
`meta.extract.erase` of its table says: `rows` or `values`. Declared personal data of a
cleaned row become null; an address that is a key becomes a mark, so that rows of one
nobody are not taken for rows of many.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dagster_project.addresses import blanked, is_address, normalised
from dagster_project.landing.contract import Column, Contract
from dagster_project.landing.sinks import LINEAGE, open_writer
from dagster_project.landing.tombstones import MARK, Forgotten, Tombstone

# Any text with an address in it matches; few others do.
SIGN = r"@|%(25)*40|\\u0040"
SIGNED = re.compile(SIGN)
Values = dict[str, str | None]
Named = dict[str, set[str]]


@dataclass
class Survey:
    """What there is to erase in one Parquet file, by the file that brought it."""

    removed: Counter[str] = field(default_factory=Counter)
    cleaned: Counter[str] = field(default_factory=Counter)
    keys: set[Tombstone] = field(default_factory=set)

    @property
    def is_needed(self) -> bool:
        return bool(self.removed or self.cleaned)

    def add(self, other: "Survey") -> None:
        self.removed += other.removed
        self.cleaned += other.cleaned
        self.keys |= other.keys


@dataclass
class _Found:
    """Of one batch: rows that go, new values of rows that stay, keys come upon."""

    removed: list[int] = field(default_factory=list)
    cleaned: dict[int, Values] = field(default_factory=dict)
    keys: set[Tombstone] = field(default_factory=set)


class Eraser:
    """Erases forgotten people from the files of one table."""

    def __init__(self, contract: Contract, forgotten: Forgotten) -> None:
        self._contract = contract
        self._forgotten = forgotten

    def survey(self, part: Path) -> Survey:
        """What there is to erase, without erasing it."""
        told = Survey()
        for batch in _batches(part):
            found = self._find(batch)
            files = batch.column(batch.schema.get_field_index("_source_file"))
            told.removed.update(files[row].as_py() for row in found.removed)
            told.cleaned.update(files[row].as_py() for row in found.cleaned)
            told.keys |= found.keys
        return told

    def rewrite(self, part: Path, target: Path) -> None:
        """Write `target`: the rows of `part` that stay, cleaned where need be."""
        with open_writer(target, pq.read_schema(part)) as writer:
            for batch in _batches(part):
                writer.write_batch(_applied(batch, self._find(batch)))

    def _find(self, batch: pa.RecordBatch) -> _Found:
        naming = self._naming(batch)
        keyed = set(self._keyed(batch))
        found = _Found()
        for row in sorted({*naming, *keyed}):
            values = _row(batch, row)
            self._judge(row, values, naming.get(row, {}), row in keyed, found)
        return found

    def _judge(
        self, row: int, values: Values, named: Named, is_keyed: bool, found: _Found
    ) -> None:
        stated = set(self._stated(values))
        own = {each for addresses in named.values() for each in addresses} & stated
        is_own = is_keyed or bool(own)
        if not is_own and stated:
            new = self._blanked(values, named)
        elif self._contract.erase == "rows":
            found.removed.append(row)
            found.keys |= self._keys(values, named) if named else set()
            return
        else:
            new = self._cleaned(values, named)
            found.keys |= self._keys(values, named) if own or is_keyed else set()
        if any(values[name] != value for name, value in new.items()):
            found.cleaned[row] = new

    def _naming(self, batch: pa.RecordBatch) -> dict[int, Named]:
        """Rows that name a forgotten person's address, and in which columns."""
        rows: dict[int, Named] = defaultdict(dict)
        for name in _texts(batch):
            column = batch.column(batch.schema.get_field_index(name))
            signed = pc.indices_nonzero(pc.match_substring_regex(column, SIGN))
            for row, text in zip(
                signed.to_pylist(), column.take(signed).to_pylist(), strict=True
            ):
                if addresses := self._forgotten.named_in(text):
                    rows[row][name] = addresses
        return rows

    def _keyed(self, batch: pa.RecordBatch) -> Iterator[int]:
        """Rows that bear a forgotten contact's or user's key."""
        for column in self._person_keys:
            place = batch.schema.get_field_index(column.name)
            if place < 0:
                continue
            encoded = batch.column(place).dictionary_encode()
            known = [self._is_forgotten(column, key) for key in encoded.dictionary]
            if any(known):
                is_known = pa.array(known).take(encoded.indices)
                yield from pc.indices_nonzero(pc.fill_null(is_known, False)).to_pylist()

    def _is_forgotten(self, column: Column, key: pa.Scalar) -> bool:
        value = key.as_py()
        source = self._contract.source_code
        return self._forgotten.has_key(column.person_key, source, value) or (
            SIGNED.search(value) is not None and bool(self._forgotten.named_in(value))
        )

    def _stated(self, values: Values) -> Iterator[str]:
        """The addresses that a row says are its person's."""
        for column in self._emails:
            text = _member(values.get(column.name), column.member)
            if text is not None and is_address(text):
                yield normalised(text)

    def _keys(self, values: Values, named: Named) -> set[Tombstone]:
        """The person's keys in a row, as they will stand there."""
        found = set()
        for column in self._person_keys:
            value = values.get(column.name)
            if value is not None:
                kept = self._marked(named.get(column.name, set())) or value
                source = self._contract.source_code
                found.add(self._forgotten.key(column.person_key, source, kept))
        return found

    def _cleaned(self, values: Values, named: Named) -> Values:
        """A row without its personal data: declared ones, and the address anywhere."""
        new = self._blanked(values, named)
        for column in self._contract.columns:
            if column.pii and column.name in values and column.name not in self._kept:
                text = new.get(column.name, values[column.name])
                new[column.name] = _without_member(text, column.member)
        for column in self._emails:
            if column.name in values and column.name not in self._kept:
                text = values[column.name]
                new[column.name] = self._email(
                    text, column.member, named.get(column.name, set())
                )
        return new

    def _email(self, text: str | None, member: str, named: set[str]) -> str | None:
        if text is None or MARK in text:
            return text
        mark = self._marked(named)
        return json.dumps({member: mark}) if mark and member else mark

    def _blanked(self, values: Values, named: Named) -> Values:
        """The address alone blanked; where it is a key, its mark takes its place."""
        new: Values = {}
        for name, addresses in named.items():
            text = values[name] or ""
            if name in self._kept:
                new[name] = self._marked(addresses)
            elif normalised(text) in addresses:
                new[name] = None
            else:
                new[name] = blanked(text, addresses)
        return new

    def _marked(self, addresses: Collection[str]) -> str | None:
        return self._forgotten.mark_of(min(addresses)) if addresses else None

    @cached_property
    def _kept(self) -> frozenset[str]:
        """Columns that tell rows apart, or whose they are."""
        keys = {column.name for column in self._person_keys}
        return frozenset({*keys, *self._contract.key})

    @cached_property
    def _emails(self) -> tuple[Column, ...]:
        return tuple(each for each in self._contract.columns if each.pii == "email")

    @cached_property
    def _person_keys(self) -> tuple[Column, ...]:
        return tuple(each for each in self._contract.columns if each.person_key)


def survey_rejects(file: Path, forgotten: Forgotten) -> Counter[str]:
    """Rejected records that name a forgotten person, by the file that brought them."""
    counted: Counter[str] = Counter()
    for batch in _batches(file):
        names = batch.column(batch.schema.get_field_index("file_name"))
        counted.update(names[row].as_py() for row in _rejects(batch, forgotten))
    return counted


def rewrite_rejects(file: Path, target: Path, forgotten: Forgotten) -> None:
    """Write `target`: the rejected records that name nobody who was forgotten."""
    with open_writer(target, pq.read_schema(file)) as writer:
        for batch in _batches(file):
            writer.write_batch(_without(batch, _rejects(batch, forgotten)))


def _rejects(batch: pa.RecordBatch, forgotten: Forgotten) -> list[int]:
    told = zip(
        batch.column(batch.schema.get_field_index("raw_text")).to_pylist(),
        batch.column(batch.schema.get_field_index("reason")).to_pylist(),
        strict=True,
    )
    return [
        row
        for row, (raw, reason) in enumerate(told)
        if forgotten.named_in(f"{raw or ''}\n{reason or ''}")
    ]


def _applied(batch: pa.RecordBatch, found: _Found) -> pa.RecordBatch:
    for name in {name for values in found.cleaned.values() for name in values}:
        place = batch.schema.get_field_index(name)
        texts = batch.column(place).to_pylist()
        for row, values in found.cleaned.items():
            texts[row] = values.get(name, texts[row])
        array = pa.array(texts, batch.schema.field(place).type)
        batch = batch.set_column(place, batch.schema.field(place), array)
    return _without(batch, found.removed)


def _without(batch: pa.RecordBatch, rows: Iterable[int]) -> pa.RecordBatch:
    gone = set(rows)
    if not gone:
        return batch
    return batch.filter(pa.array([row not in gone for row in range(batch.num_rows)]))


def _row(batch: pa.RecordBatch, row: int) -> Values:
    return {
        name: batch.column(batch.schema.get_field_index(name))[row].as_py()
        for name in _texts(batch)
    }


def _texts(batch: pa.RecordBatch) -> list[str]:
    """Columns that came with the file."""
    return [
        field.name
        for field in batch.schema
        if field.name not in LINEAGE.names
        and (pa.types.is_string(field.type) or pa.types.is_large_string(field.type))
    ]


def _member(text: str | None, member: str) -> str | None:
    """A text, or the text in a member of the JSON object that it is."""
    if text is None or not member:
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return None  # no JSON: then it states nobody's address
    value = found.get(member) if isinstance(found, dict) else None
    return value if isinstance(value, str) else None


def _without_member(text: str | None, member: str) -> str | None:
    """Nothing; where a member is declared, the JSON object without it."""
    if text is None or not member:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    if member not in found:
        return text
    rest = {name: value for name, value in found.items() if name != member}
    return json.dumps(rest, ensure_ascii=False, separators=(",", ":"))


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches()
