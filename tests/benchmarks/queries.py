"""`python -m tests.benchmarks.queries DATA`: each query of the report, at p95.

DATA is the data folder of an installation that has published; `tests.benchmarks.build`
leaves one behind. The queries are those that the report and the quality page make of
it: they are made once under watch, then each is asked again and again.
"""

import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any
from unittest.mock import patch

import click
import duckdb

from dagster_project.bi import facts, quality
from dagster_project.bi.facts import read_facts
from dagster_project.bi.quality import write_quality
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from tests.benchmarks.table import Line, show

TARGET_SECONDS = 0.05
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Query:
    """A query as the report makes it: of which file, with which values."""

    database: str
    text: str
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """Its name in the module that makes it, else how it begins."""
        known = {**vars(quality), **vars(facts)}.items()
        names = [name for name, value in known if value == self.text]
        return names[0] if names else " ".join(self.text.split())[:60]


@dataclass
class Watched:
    """A connection that tells which queries go through it."""

    database: str
    connection: duckdb.DuckDBPyConnection
    told: list[Query]

    def __enter__(self) -> "Watched":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()

    def execute(self, text: str, values: Sequence[Any] = ()) -> Any:
        self.told.append(Query(self.database, text, tuple(values)))
        return self.connection.execute(text, list(values))


@dataclass
class Watch:
    """Stands for the module `duckdb` where the report connects."""

    told: list[Query] = field(default_factory=list)

    def connect(self, database: str = ":memory:", **how: Any) -> Watched:
        return Watched(database, duckdb.connect(database, **how), self.told)


@contextmanager
def watched() -> Iterator[list[Query]]:
    watch = Watch()
    with (
        patch.object(facts, "duckdb", watch),
        patch.object(quality, "duckdb", watch),
    ):
        yield watch.told


def queries_of(paths: Paths) -> list[Query]:
    """Every query of the report and the quality page of the current generation."""
    generation = paths.current.resolve()
    with watched() as told:
        read_facts(generation / "funnelhouse.duckdb")
        write_quality(generation, paths)
    return told


def times_of(query: Query, rounds: int) -> tuple[list[float], bool]:
    """Seconds of each round, and whether all rounds had one answer."""
    in_file = query.database != ":memory:"
    seconds, answers = [], []
    with duckdb.connect(query.database, read_only=in_file) as connection:
        for _ in range(rounds):
            started = perf_counter()
            answer: Rows = connection.execute(query.text, list(query.values)).fetchall()
            seconds.append(perf_counter() - started)
            answers.append(sorted(map(repr, answer)))
    return seconds, all(answer == answers[0] for answer in answers)


def line_of(query: Query, seconds: Sequence[float]) -> Line:
    p95 = statistics.quantiles(seconds, n=20)[-1]
    middle = statistics.median(seconds)
    measured = f"{p95 * 1000:.1f} ms (median {middle * 1000:.1f} ms)"
    return Line(query.name, measured, f"< {TARGET_SECONDS * 1000:.0f} ms")


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--rounds", default=40, show_default=True)
def main(data: Path, rounds: int) -> None:
    """Ask each query of the report of what DATA has published, at p95."""
    paths = Paths.of(Settings.from_environment({"FUNNELHOUSE_DATA": str(data)}))
    lines, differing = [], []
    for query in queries_of(paths):
        seconds, is_same = times_of(query, rounds)
        lines.append(line_of(query, seconds))
        differing += [] if is_same else [query.name]
    show(f"Queries of the report, {rounds} rounds", lines)
    if differing:
        click.echo(f"answers differ from round to round: {', '.join(differing)}")
        sys.exit(1)


if __name__ == "__main__":
    main()
