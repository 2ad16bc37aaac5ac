"""The lake's own tables and how they are written; knows nothing of file formats."""

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dagster_project.landing.contract import Contract
from dagster_project.landing.sinks import LINEAGE, REJECTS, open_writer
from dagster_project.paths import Paths

LANDED, REFUSED, DUPLICATE, WITHDRAWN = "landed", "refused", "duplicate", "withdrawn"
DECLARED = "declared"
CLEANED = "rows of forgotten people cleaned"
REJECTED = "records rejected"
BATCH = re.compile(r"n\d{6,}")
SCRATCH = ".scratch-"
MANIFEST = pa.schema(
    [
        ("source_code", pa.string()),
        ("table_name", pa.string()),
        ("file_name", pa.string()),
        ("file_sha256", pa.string()),
        ("batch_id", pa.string()),
        ("extracted_at", pa.timestamp("us")),
        ("physical_count", pa.int64()),
        ("landed_count", pa.int64()),
        ("rejected_count", pa.int64()),
        ("erased_count", pa.int64()),
        ("status_code", pa.string()),
        ("message", pa.string()),
        ("replaced_batch_id", pa.string()),
        ("cleaned_count", pa.int64()),
    ]
)


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file: a row of the manifest.

    One that has `replaced_batch_id` is no news of the file: what was landed of it in
    that batch was landed again.
    """

    source_code: str
    table_name: str
    file_name: str
    file_sha256: str
    batch_id: str
    extracted_at: datetime | None = None
    physical_count: int = 0
    landed_count: int = 0
    rejected_count: int = 0
    erased_count: int = 0
    status_code: str = LANDED
    message: str = ""
    replaced_batch_id: str = ""
    cleaned_count: int = 0

    @property
    def version(self) -> tuple[str, str]:
        """A name with a content."""
        return self.file_name, self.file_sha256

    def erased(self, removed: int, rejected: int, cleaned: int) -> "FileOutcome":
        """The same file after forgotten people were taken out of it."""
        count = self.cleaned_count + cleaned
        stale = (CLEANED, REJECTED) if rejected else (CLEANED,)
        lines = self.message.splitlines()
        told = [line for line in lines if not any(part in line for part in stale)]
        told += [f"{count} {CLEANED}"] if count else []
        return replace(
            self,
            landed_count=self.landed_count - removed,
            rejected_count=self.rejected_count - rejected,
            erased_count=self.erased_count + removed + rejected,
            cleaned_count=count,
            message="\n".join(filter(None, told)),
        )


def identity_of(outcome: FileOutcome, contract: Contract) -> tuple[object, ...]:
    """What makes content the same: its bytes; for whole extracts, their day too.

    A full extract that equals an earlier one is news: nothing changed, or what changed
    in between has changed back.
    """
    is_dated = contract.mode == "full" and contract.extracted_at.path is not None
    return (outcome.file_sha256, outcome.extracted_at if is_dated else None)


def name_of(batch_id: str, contract: Contract) -> str:
    return f"{batch_id}.{contract.source_code}.{contract.table_name}.parquet"


def batch_folder(paths: Paths, contract: Contract, batch_id: str) -> Path:
    table = paths.raw_table(contract.source_code, contract.table_name)
    return table / f"_batch_id={batch_id}"


def next_batch_id(paths: Paths) -> str:
    """One more than the newest batch that has a manifest."""
    taken = (name.name.split(".")[0] for name in paths.manifest.glob("n*.parquet"))
    numbers = [int(batch[1:]) for batch in taken if BATCH.fullmatch(batch)]
    return f"n{max(numbers, default=0) + 1:06d}"


def read_outcomes(paths: Paths, contract: Contract) -> list[FileOutcome]:
    """The manifest rows of one table, oldest batch first."""
    pattern = f"n*.{contract.source_code}.{contract.table_name}.parquet"
    found = sorted(paths.manifest.glob(pattern), key=lambda p: (len(p.name), p.name))
    return [outcome for path in found for outcome in outcomes_in(path)]


def outcomes_in(manifest: Path) -> list[FileOutcome]:
    """The rows of one file of the manifest; older ones lack a column."""
    known = {field.name for field in fields(FileOutcome)}
    table = pq.read_table(manifest, partitioning=None)
    written = [name for name in table.column_names if name in known]
    return [FileOutcome(**row) for row in table.select(written).to_pylist()]


def write_outcomes(path: Path, outcomes: Sequence[FileOutcome]) -> None:
    write_rows(path, [asdict(outcome) for outcome in outcomes], MANIFEST)


def write_rows(path: Path, rows: Iterable[dict[str, Any]], schema: pa.Schema) -> None:
    """Write a small table so that readers see it whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with open_writer(temporary, schema) as writer:
        writer.write_table(pa.Table.from_pylist(list(rows), schema))
    settle([temporary], [path])


def settle(temporary: Sequence[Path], final: Sequence[Path]) -> None:
    """Make files durable, then give them their names, then make the names durable."""
    for path in temporary:
        _fsync(path)
    for old, new in zip(temporary, final, strict=True):
        old.replace(new)
    for folder in {path.parent for path in final}:
        _fsync(folder)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def declare(contract: Contract, paths: Paths) -> None:
    """Empty files with every declared column, so that a glob always finds one."""
    names = [column.name for column in contract.columns]
    raw = pa.schema([(name, pa.string()) for name in names] + list(LINEAGE))
    folder = batch_folder(paths, contract, DECLARED)
    for path, schema in (
        (folder / "declared.parquet", raw),
        (paths.manifest / "declared.parquet", MANIFEST),
        (paths.rejects / "declared.parquet", REJECTS),
    ):
        if not path.is_file() or pq.read_schema(path) != schema:
            write_rows(path, [], schema)


def sweep_orphans(paths: Paths) -> list[Path]:
    """Remove what a killed night left: temporary files, and files with no manifest."""
    named = {path.name for path in paths.manifest.glob("n*.parquet")}
    orphans = list(paths.lake.glob(f"{SCRATCH}*"))
    orphans += paths.lake.glob("**/.*.tmp")
    orphans += [p for p in paths.rejects.glob("n*.parquet") if p.name not in named]
    for folder in paths.lake.glob("[!_.]*/*/_batch_id=n*"):
        source, table = folder.parent.parent.name, folder.parent.name
        batch_id = folder.name.removeprefix("_batch_id=")
        if f"{batch_id}.{source}.{table}.parquet" not in named:
            orphans.append(folder)
    for orphan in orphans:
        remove(orphan)
    return sorted(orphans)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
