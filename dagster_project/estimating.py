"""How far a night is, by what its parts took in the nights before.

An estimate for who waits at a terminal; nothing is decided by it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dagster_project.paths import Paths

if TYPE_CHECKING:
    from dagster_project.night import Progress

NIGHTS_READ = 5
# Before that share of the work is done its speed says nothing.
SHARE_TO_TRUST = 0.05
_TOLD = "dbt "


@dataclass
class Pace:
    """Seconds that each part took on average, and which parts are through."""

    seconds: Mapping[str, float]
    through: set[str] = field(default_factory=set)

    @classmethod
    def of_nights_before(cls, paths: Paths) -> "Pace":
        """Of the last nights that built anything; without one nothing is known."""
        from dagster_project.recording import read_records

        nights = sorted(paths.run_stats.glob("r*.parquet"))[-NIGHTS_READ:]
        rows = [read_records(paths.run_stats, night.name) for night in nights]
        return cls(mean_seconds(rows))

    @property
    def total(self) -> float:
        return sum(self.seconds.values())

    def done(self, event: "Progress") -> float:
        """Seconds of the parts that are through, now that this has happened."""
        self.through.add(part_of(event))
        return sum(self.seconds.get(each, 0.0) for each in self.through)


def mean_seconds(nights: Iterable[Iterable[Mapping[str, Any]]]) -> dict[str, float]:
    """What parts took on average; nobody is told of dbt's tests while they run."""
    taken: dict[str, list[float]] = defaultdict(list)
    for night in nights:
        for row in night:
            if row["resource_type"] != "test":
                taken[row["node_name"]].append(row["duration_seconds"])
    return {name: sum(each) / len(each) for name, each in taken.items()}


def part_of(event: "Progress") -> str:
    """The part that is through when this is told, as `dq_run_stats` names it."""
    if event.kind == "told" and event.text.startswith(_TOLD):
        return event.text.split(": ", 1)[-1]
    if event.kind in ("ended", "skipped", "failed"):
        return event.step.removeprefix("published__").replace("__", ".")
    return ""


def seconds_left(done: float, total: float, elapsed: float) -> float | None:
    """What the rest takes at the speed so far; None while that says nothing."""
    if not total or done / total < SHARE_TO_TRUST:
        return None
    return elapsed * (total - done) / done


def in_words(seconds: float) -> str:
    """A time as a person would say it: no more exact than it is."""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 100:
        return f"about {round(seconds, -1):.0f} s left"
    return f"about {seconds / 60:.0f} min left"
