"""What each part of a night took: seconds, rows, and the memory that was held.

Reads the clock and this process: run records may, and no figure depends on them.
"""

import os
import sys
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from dagster_project.paths import Paths
from dagster_project.recording import RUN_STAT, write_record

if TYPE_CHECKING:
    import psutil  # type: ignore[import-untyped]

PAUSE_SECONDS = 0.2
LOOKS_A_SEARCH = 10


@dataclass
class Measure:
    """One part of a night: an asset, a gate, or a node of dbt.

    Attributes:
        memory_bytes: the most that this process and those it started held resident
            while the part ran. Parts that ran at the same time share it.
    """

    step_code: str
    node_name: str
    resource_type: str
    status_code: str = "success"
    rows_count: int | None = None
    duration_seconds: float = 0.0
    memory_bytes: int | None = None


class MemoryMeter:
    """Looks a few times a second at the memory that this process holds."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, int]] = []
        self._family: list[psutil.Process] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "MemoryMeter":
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def peak(self, since: float, until: float) -> int:
        """The most that was held between two times, in bytes.

        A part shorter than a pause is told by the first look after its start.
        """
        if self._seen[-1][0] < until:
            self._look()
        first = bisect_left(self._seen, (since, 0))
        after = bisect_right(self._seen, (until, sys.maxsize))
        inside = self._seen[first : max(after, first + 1)] or self._seen[-1:]
        return max(held for _, held in inside)

    def _watch(self) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            self._look()

    def _look(self) -> None:
        # who was started is found by reading every process of the machine
        if len(self._seen) % LOOKS_A_SEARCH == 0:
            self._family = _family()
        self._seen.append((time.time(), _resident_bytes(self._family)))


@dataclass
class Profile:
    """The measures of one night, in the order in which its parts ended."""

    night_code: str
    meter: MemoryMeter
    measures: list[Measure] = field(default_factory=list)

    @contextmanager
    def measured(self, step: str, name: str, kind: str) -> Iterator[Measure]:
        """Measure what is done inside; a failure is measured too."""
        measure, since = Measure(step, name, kind, "error"), time.time()
        try:
            yield measure
            measure.status_code = "success"
        finally:
            self.add(measure, since, time.time())

    def add(self, measure: Measure, since: float, until: float) -> None:
        """Add a part by the times at which it ran, in seconds since 1970."""
        measure.duration_seconds = until - since
        measure.memory_bytes = self.meter.peak(since, until)
        self.measures.append(measure)

    def rows(self) -> list[dict[str, Any]]:
        """Records of shape `RUN_STAT`."""
        return [
            {"night_code": self.night_code, **asdict(each)} for each in self.measures
        ]

    def keep(self, paths: Paths) -> None:
        """Write what is known so far; a night that built nothing leaves no record."""
        if any(each.step_code in ("stage", "mart") for each in self.measures):
            write_record(paths.run_stats, self.night_code, RUN_STAT, self.rows())


def _family() -> "list[psutil.Process]":
    """This process and its descendants."""
    import psutil

    own = psutil.Process(os.getpid())
    return [own, *own.children(recursive=True)]


def _resident_bytes(family: "Iterable[psutil.Process]") -> int:
    """What they hold together; one that has just ended counts nothing."""
    import psutil

    held = 0
    for process in family:
        try:
            held += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return held
