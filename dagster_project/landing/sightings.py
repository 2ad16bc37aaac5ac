"""Remembers what files were when they were hashed, so that none is read for nothing.

A file that is the same inode, of the same size, not written and not changed in any
other way since, holds what it held: its sha256 is known without reading it. Each table
has a file of these in the workshop, which may be removed; files are hashed again then.
"""

import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dagster_project.landing import lake
from dagster_project.landing.contract import Contract
from dagster_project.paths import Paths

# Two writes within one tick of a file system's clock leave one time; a tick is up to
# two seconds, and a server's clock may differ from ours.
SETTLED_SECONDS = 60
SIGHTINGS = pa.schema(
    [
        ("file_name", pa.string()),
        ("sha256", pa.string()),
        ("device", pa.uint64()),
        ("inode", pa.uint64()),
        ("size", pa.int64()),
        ("written_ns", pa.int64()),
        ("changed_ns", pa.int64()),
    ]
)


class State(NamedTuple):
    """What the file system tells of a file; times are nanoseconds since 1970."""

    device: int
    inode: int
    size: int
    written_ns: int
    changed_ns: int

    @property
    def is_settled(self) -> bool:
        """Whether a later write would surely show in the times."""
        latest = max(self.written_ns, self.changed_ns)
        return time.time_ns() - latest > SETTLED_SECONDS * 1_000_000_000


def state_of(path: Path) -> State:
    """Of what a link leads to, where the path is a link.

    Raises:
        OSError: the file is gone, or its folder is closed.
    """
    found = os.stat(path)  # noqa: PTH116  one call a file, and there are many files
    return State(
        found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    )


class Sightings:
    """What was seen of one table's files: their state when they had which sha256."""

    def __init__(self, contract: Contract, paths: Paths) -> None:
        name = f"{contract.source_code}.{contract.table_name}.parquet"
        self._path = paths.sightings / name
        self._written = self._read()
        self._seen = dict(self._written)

    def sha256_of(self, name: str, path: Path) -> str | None:
        """Its sha256 as last hashed; none where it may hold something else by now."""
        seen = self._seen.get(name)
        return seen[1] if seen and _is_still(seen[0], path) else None

    def keep(self, name: str, path: Path, before: State, sha256: str) -> None:
        """Keep what was hashed since a state, if nobody wrote to the file meanwhile."""
        if before.is_settled and _is_still(before, path):
            self._seen[name] = before, sha256

    def write(self, names: Collection[str]) -> None:
        """Write down what was seen of these files, where that is news."""
        seen = {name: self._seen[name] for name in names if name in self._seen}
        if seen != self._written:
            rows = [
                {"file_name": name, "sha256": sha256, **state._asdict()}
                for name, (state, sha256) in sorted(seen.items())
            ]
            lake.write_rows(self._path, rows, SIGHTINGS)

    def _read(self) -> dict[str, tuple[State, str]]:
        if not self._path.is_file():
            return {}
        rows = pq.read_table(self._path, partitioning=None).to_pylist()
        return {
            row["file_name"]: (State(*(row[at] for at in State._fields)), row["sha256"])
            for row in rows
        }


def _is_still(state: State, path: Path) -> bool:
    try:
        return state_of(path) == state
    except OSError:  # told by whoever reads the file
        return False
