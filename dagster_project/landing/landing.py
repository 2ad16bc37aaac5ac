"""Lands the new files of one table: rows, rejects, then the manifest naming them."""

import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.dataset as dataset  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dagster_project.addresses import masked
from dagster_project.landing import lake
from dagster_project.landing.admissions import read_withdrawn
from dagster_project.landing.blocks import Crew
from dagster_project.landing.contract import Contract
from dagster_project.landing.csv_blocks import read_csv_in_blocks
from dagster_project.landing.csv_reader import read_csv
from dagster_project.landing.duck import Duck
from dagster_project.landing.incoming import (
    SMALL,
    Found,
    Incoming,
    RefusedError,
    check_place,
    check_sidecar,
    digest,
    ends_open,
    find_files,
    is_held,
    stated_time,
    unpacked,
)
from dagster_project.landing.jsonl_blocks import begin_jsonl, read_jsonl_in_blocks
from dagster_project.landing.jsonl_reader import read_jsonl
from dagster_project.landing.lake import FileOutcome
from dagster_project.landing.parquet_reader import read_parquet
from dagster_project.landing.purging import erase_new
from dagster_project.landing.sightings import Sightings, state_of
from dagster_project.landing.sinks import (
    REJECTS,
    ArrowRows,
    LandingError,
    Reading,
    RejectSink,
    Rows,
    RowSink,
    count_by_file,
    open_writer,
)
from dagster_project.landing.tombstones import declare_tombstones
from dagster_project.paths import Paths

UNFINISHED = (
    "its last line has no line break, so the file may be cut short and its last value "
    "with it; compare it with its source, or have a .sha256 written beside it"
)
TINY = 32 * 1024
CAREFUL_READERS = {"csv": read_csv, "jsonl": read_jsonl}
READERS = {"csv": read_csv_in_blocks, "jsonl": read_jsonl_in_blocks}
BEGINNERS = {"jsonl": begin_jsonl}


@dataclass(frozen=True)
class Landing:
    """What one night made of one table: new outcomes, and files still refused."""

    files: tuple[FileOutcome, ...]
    batch_id: str

    @property
    def new_files(self) -> tuple[FileOutcome, ...]:
        return self._of(lake.LANDED)

    @property
    def refused_files(self) -> tuple[FileOutcome, ...]:
        return self._of(lake.REFUSED)

    @property
    def landed_count(self) -> int:
        return sum(file.landed_count for file in self.files)

    @property
    def rejected_count(self) -> int:
        return sum(file.rejected_count for file in self.files)

    @property
    def erased_count(self) -> int:
        return sum(file.erased_count for file in self.files)

    @property
    def cleaned_count(self) -> int:
        return sum(file.cleaned_count for file in self.files)

    def _of(self, status: str) -> tuple[FileOutcome, ...]:
        return tuple(file for file in self.files if file.status_code == status)


def land(
    contract: Contract,
    paths: Paths,
    batch_id: str,
    *,
    memory_limit: str = "4GB",
    threads: int = 2,
) -> Landing:
    """Land every file of the table that is new, once and whole.

    Raises:
        LandingError: rows that cannot be accounted for; nothing is published then.
    """
    lake.declare(contract, paths)
    declare_tombstones(paths)
    with open_night(contract, paths, batch_id, memory_limit, threads) as night:
        found = find_files(contract, paths.extracts)
        for file, following in itertools.zip_longest(found, found[1:]):
            if following:
                night.look_ahead(following)
            night.look_at(file)
        names = {file.name for file in found}
        night.forget_missing(names)
        night.commit()
        night.write_sightings(names)
        return Landing(tuple(night.outcomes + night.still_refused), batch_id)


@contextmanager
def open_night(
    contract: Contract, paths: Paths, batch_id: str, memory_limit: str, threads: int
) -> Iterator["Night"]:
    with tempfile.TemporaryDirectory(
        prefix=lake.SCRATCH, dir=paths.lake, ignore_cleanup_errors=True
    ) as folder:
        # what reads text asks from several threads; each of them is one of DuckDB's
        own = threads if contract.format == "parquet" else 1
        duck, crew = Duck(Path(folder), memory_limit, own), Crew(threads)
        night = Night(contract, paths, batch_id, Path(folder), duck, crew)
        try:
            yield night
        finally:
            crew.close()
            duck.close()
            night.clean()


class Night:
    """The state of landing one table in one batch."""

    def __init__(
        self,
        contract: Contract,
        paths: Paths,
        batch_id: str,
        scratch: Path,
        duck: Duck,
        crew: Crew,
    ) -> None:
        self.outcomes: list[FileOutcome] = []
        self.still_refused: list[FileOutcome] = []
        self._contract = contract
        self._paths = paths
        self._batch_id = batch_id
        self._scratch = scratch
        self._duck = duck
        self._crew = crew
        self._looked: dict[str, tuple[str, bytes | None]] = {}
        self._sightings = Sightings(contract, paths)
        self._name = lake.name_of(batch_id, contract)
        self._folder = lake.batch_folder(paths, contract, batch_id)
        self._is_taken = (paths.manifest / self._name).exists()
        self._parts: list[Path] = []
        self._numbers = itertools.count(1)
        self._prepare()
        self._sink = RowSink(self._folder, self._numbers)
        place = (contract.source_code, contract.table_name, batch_id)
        self._rejects = RejectSink(scratch / "rejects.parquet", *place)

    def _prepare(self) -> None:
        """What this batch left without a manifest, a killed night left: remove it."""
        if not self._is_taken:
            lake.remove(self._folder)
            lake.remove(self._paths.rejects / self._name)
        self._latest: dict[str, FileOutcome] = {}
        self._landed: dict[tuple[object, ...], FileOutcome] = {}
        self._withdrawn = read_withdrawn(self._paths, self._contract)
        self._left_out: set[str] = set()
        for outcome in lake.read_outcomes(self._paths, self._contract):
            if outcome.version not in self._withdrawn and not outcome.replaced_batch_id:
                self._remember(outcome)

    def _remember(self, outcome: FileOutcome) -> None:
        self._latest[outcome.file_name] = outcome
        if outcome.status_code == lake.LANDED:
            self._landed.setdefault(lake.identity_of(outcome, self._contract), outcome)

    def look_ahead(self, found: Found) -> None:
        """Begin to read a file whose turn comes next, if it is held whole and new."""
        begin = BEGINNERS.get(self._contract.format)
        with suppress(RefusedError, OSError):  # told when its turn comes
            if begin is None or not is_held(found.path):
                return
            sha256, content = self._looked[found.name] = self._digest(found)
            is_old = self._is_old(self._outcome(found, sha256))
            if content and len(content) > TINY and not is_old:
                begin(sha256, content, self._contract, self._duck, self._crew)

    def _digest(self, found: Found) -> tuple[str, bytes | None]:
        if found.name in self._looked:
            return self._looked.pop(found.name)
        seen = self._sightings.sha256_of(found.name, found.path)
        if seen is not None and self._is_old(self._outcome(found, seen)):
            return seen, None
        check_place(found.path, self._paths.extracts)
        before = state_of(found.path)
        sha256, content = digest(found.path)
        self._sightings.keep(found.name, found.path, before, sha256)
        return sha256, content

    def write_sightings(self, names: set[str]) -> None:
        self._sightings.write(names)

    def look_at(self, found: Found) -> None:
        """Land a file, or say why not; same name and same content is no news."""
        try:
            sha256, content = self._digest(found)
        except (RefusedError, OSError) as error:
            self._refuse(self._outcome(found, ""), str(error))
            return
        try:
            self._look_into(found, sha256, content)
        finally:
            self._crew.forget(sha256)

    def _look_into(self, found: Found, sha256: str, content: bytes | None) -> None:
        outcome = self._outcome(found, sha256)
        if outcome.version in self._withdrawn:
            self._left_out.add(found.name)
            return
        if self._is_known(outcome):
            return
        try:
            outcome = replace(
                outcome, extracted_at=stated_time(self._contract, found.name)
            )
            if first := self._landed.get(lake.identity_of(outcome, self._contract)):
                self._record(_duplicate(outcome, first))
                return
            is_vouched = check_sidecar(found.path, sha256)
            read = self._read(found, outcome, content, is_vouched)
            self._record(read)
        except RefusedError as error:
            self._refuse(outcome, str(error))

    def read_again(self, found: Found, landing: FileOutcome) -> FileOutcome:
        """Land a file as it is declared now, in the place of what was landed of it.

        Raises:
            RefusedError: the declaration refuses the file; nothing is landed.
        """
        check_place(found.path, self._paths.extracts)
        sha256, content = digest(found.path)
        if sha256 != landing.file_sha256:
            raise RefusedError("has other content by now; the next night lands it")
        at = stated_time(self._contract, found.name)
        outcome = self._again(landing, extracted_at=at, erased_count=0)
        is_vouched = check_sidecar(found.path, sha256)
        self._record(self._read(found, outcome, content, is_vouched))
        return self.outcomes[-1]

    def mend(
        self,
        landing: FileOutcome,
        mended: Sequence[tuple[Incoming, Rows]],
        rejected: Sequence[tuple[int, str, str]],
    ) -> FileOutcome:
        """Land what was landed of a file once more, and what is mended beside it.

        `rejected` are line, raw text and reason of what stays rejected.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        before = lake.batch_folder(self._paths, self._contract, landing.batch_id)
        for part in sorted(before.glob("*.parquet")):
            self._copy(part, landing.file_name)
        for incoming, rows in mended:
            self._sink.add(incoming, rows)
        file = Incoming(*landing.version, before, None, None)
        for line, raw, reason in rejected:
            self._rejects.add(file, line, raw, reason)
        times = [landing.extracted_at, *(t for _, rows in mended for t in rows.times)]
        outcome = self._again(
            landing,
            extracted_at=max(filter(None, times), default=None),
            landed_count=landing.landed_count + len(mended),
            rejected_count=len(rejected),
        )
        self._record(outcome)
        return outcome

    def _again(self, landing: FileOutcome, **changes: Any) -> FileOutcome:
        return replace(
            landing,
            batch_id=self._batch_id,
            replaced_batch_id=landing.batch_id,
            message="",
            **changes,
        )

    def _copy(self, part: Path, file_name: str) -> None:
        """The rows of one file, with all their lineage."""
        found = dataset.dataset(part, format="parquet")
        of_file = dataset.field("_source_file") == file_name
        if not found.count_rows(filter=of_file):
            return
        with open_writer(self._sink.new_part(), found.schema) as writer:
            for batch in found.to_batches(filter=of_file):
                writer.write_batch(batch)

    def _outcome(self, found: Found, sha256: str) -> FileOutcome:
        contract = self._contract
        place = (contract.source_code, contract.table_name)
        return FileOutcome(*place, found.name, sha256, self._batch_id)

    def _is_old(self, outcome: FileOutcome) -> bool:
        """Whether nothing has to be read of the file."""
        return outcome.version in self._withdrawn or self._is_known(outcome)

    def _is_known(self, outcome: FileOutcome) -> bool:
        latest = self._latest.get(outcome.file_name)
        if latest is None or latest.file_sha256 != outcome.file_sha256:
            return False
        # What a duplicate repeats may be withdrawn: then it has to be landed itself.
        is_held = lake.identity_of(latest, self._contract) in self._landed
        return latest.status_code == lake.LANDED or (
            latest.status_code == lake.DUPLICATE and is_held
        )

    def _refuse(self, outcome: FileOutcome, reason: str) -> None:
        """Files refused before are tried every night; only a new outcome is written."""
        refused = replace(
            outcome,
            extracted_at=None,
            status_code=lake.REFUSED,
            message=masked(reason),
        )
        latest = self._latest.get(outcome.file_name)
        if latest is not None and replace(refused, batch_id=latest.batch_id) == latest:
            self.still_refused.append(latest)
        else:
            self._record(refused)

    def _record(self, outcome: FileOutcome) -> None:
        self._check_free()
        self.outcomes.append(outcome)
        self._remember(outcome)

    def _check_free(self) -> None:
        if self._is_taken:
            raise LandingError(
                f"{self._name} is in the manifest already, and a batch is landed once; "
                "take a new batch id (next_batch_id)"
            )

    def forget_missing(self, names: set[str]) -> None:
        """A refused file that was taken away stands in nobody's way any longer.

        Nor does one whose name has a content by now that is withdrawn.
        """
        present = names - self._left_out
        gone = [
            outcome
            for name, outcome in self._latest.items()
            if outcome.status_code == lake.REFUSED and name not in present
        ]
        for outcome in gone:
            self._record(
                replace(
                    outcome,
                    batch_id=self._batch_id,
                    status_code=lake.WITHDRAWN,
                    message="refused, then taken away",
                )
            )

    def _read(
        self,
        found: Found,
        outcome: FileOutcome,
        content: bytes | None,
        is_vouched: bool,
    ) -> FileOutcome:
        self._check_free()
        self._folder.mkdir(parents=True, exist_ok=True)
        at = outcome.extracted_at
        before = state_of(found.path)
        with unpacked(
            found, outcome.file_sha256, content, at, self._scratch
        ) as incoming:
            reading = self._read_rows(incoming, found, before)
            message = "" if is_vouched else self._doubt(incoming)
        return replace(
            outcome,
            message=message,
            extracted_at=reading.extracted_at,
            physical_count=reading.physical,
            landed_count=reading.landed,
            rejected_count=reading.rejected,
        )

    def _doubt(self, incoming: Incoming) -> str:
        """What a file that was cut in the middle of a value would look like too."""
        is_text = self._contract.format != "parquet"
        return UNFINISHED if is_text and ends_open(incoming) else ""

    def _read_rows(self, incoming: Incoming, found: Found, before: object) -> Reading:
        if self._contract.format != "parquet" and incoming.size <= SMALL:
            return self._read_small(incoming)
        sink = RowSink(self._folder, self._numbers)
        try:
            reading = self._read_large(incoming, sink)
            if incoming.content is None and state_of(found.path) != before:
                raise RefusedError("changed while it was read; it is tried again")
        except BaseException:
            sink.discard()
            raise
        self._parts += sink.parts
        return reading

    def _read_small(self, incoming: Incoming) -> Reading:
        """Held whole, so that a file refused at its end leaves nothing behind."""
        held: list[Rows | ArrowRows] = []
        reading = self._read_text(incoming, held.append)
        for rows in held:
            self._sink.add(incoming, rows)
        return reading

    def _read_large(self, incoming: Incoming, sink: RowSink) -> Reading:
        if self._contract.format == "parquet":
            given = (sink.new_part(), self._duck, self._rejects)
            return read_parquet(incoming, self._contract, *given)
        reading = self._read_text(incoming, lambda rows: sink.add(incoming, rows))
        sink.close()
        return reading

    def _read_text(
        self, incoming: Incoming, emit: Callable[[Rows | ArrowRows], None]
    ) -> Reading:
        format, given = self._contract.format, (incoming, self._contract, emit)
        if incoming.size <= TINY:
            return CAREFUL_READERS[format](*given, self._rejects)
        return READERS[format](*given, self._rejects, self._duck, self._crew)

    def commit(self) -> None:
        """Rows first, rejects next, the manifest last: without it nothing counts."""
        if not self.outcomes:
            return
        self._sink.close()
        parts = self._parts + self._sink.parts
        rejects = self._write_rejects()
        self.outcomes = erase_new(
            self._contract, self._paths, self.outcomes, parts, rejects
        )
        self._verify(parts, rejects)
        place = "row" if self._contract.format == "parquet" else "line"
        self.outcomes = [_told(file, rejects, place) for file in self.outcomes]
        lake.settle(parts, [path.with_name(_final(path)) for path in parts])
        if rejects is not None:
            lake.settle([rejects], [self._paths.rejects / self._name])
        lake.write_outcomes(self._paths.manifest / self._name, self.outcomes)

    def _write_rejects(self) -> Path | None:
        """Rejects of landed files; those of a file refused whole say nothing."""
        if not self._rejects.close():
            return None
        landed = [o.file_sha256 for o in self.outcomes if o.status_code == lake.LANDED]
        path = self._paths.rejects / f".{self._name}.tmp"
        count = 0
        with open_writer(path, REJECTS) as writer:
            for batch in _batches(self._scratch / "rejects.parquet"):
                kept = batch.filter(
                    pc.is_in(batch["file_sha256"], pa.array(landed, pa.string()))
                )
                writer.write_batch(kept)
                count += kept.num_rows
        if count:
            return path
        path.unlink()
        return None

    def _verify(self, parts: list[Path], rejects: Path | None) -> None:
        """Count again in what was written, before anything gets its name."""
        landed = count_by_file(parts)
        rejected = count_by_file([rejects] if rejects else [], "file_name")
        for outcome in self.outcomes:
            written = (landed[outcome.file_name], rejected[outcome.file_name])
            read = (outcome.landed_count, outcome.rejected_count)
            told = sum(read) + outcome.erased_count
            if written != read or told != outcome.physical_count:
                raise LandingError(
                    f"{outcome.file_name}: {outcome.physical_count} records counted, "
                    f"{written[0]} landed and {written[1]} rejected; nothing of batch "
                    f"{self._batch_id} was landed, please report this"
                )

    def clean(self) -> None:
        """Leave no temporary file and no empty folder behind."""
        if self._folder.is_dir():
            for path in self._folder.glob(".*.tmp"):
                path.unlink()
            if not any(self._folder.iterdir()):
                self._folder.rmdir()


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches()


def _final(part: Path) -> str:
    return part.name.removeprefix(".").removesuffix(".tmp")


def _duplicate(outcome: FileOutcome, first: FileOutcome) -> FileOutcome:
    return replace(
        outcome,
        extracted_at=outcome.extracted_at or first.extracted_at,
        status_code=lake.DUPLICATE,
        message=f"same content as {first.file_name}, landed in {first.batch_id}",
    )


def _told(outcome: FileOutcome, rejects: Path | None, place: str) -> FileOutcome:
    """With its first rejected record in words; `_rejects` holds them all."""
    if rejects is None or not outcome.rejected_count:
        return outcome
    mine = [("file_sha256", "=", outcome.file_sha256)]
    columns = ["line_number", "reason"]
    found = pq.read_table(rejects, columns=columns, filters=mine, partitioning=None)
    [first, *_] = found.sort_by("line_number").to_pylist()
    said = (
        f"{outcome.rejected_count} of {outcome.physical_count} {lake.REJECTED}, the "
        f"first in {place} {first['line_number']}: {first['reason']}"
    )
    return replace(outcome, message="\n".join(filter(None, (said, outcome.message))))
