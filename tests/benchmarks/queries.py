"""`python -m tests.benchmarks.queries DATA`: each query that readers make, at p95.

DATA is the data folder of an installation that has published; `tests.benchmarks.build`
leaves one behind. The queries are those that the report, the quality page and each page
of the dashboard, with each of the first options of each of its choices, make of it:
they are made once under watch, then each is asked again and again. `--times 40` asks
them of that many times the journeys, as `tests.benchmarks.dashboard` does.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any
from unittest.mock import patch

import click
import duckdb

from dagster_project.bi import facts, findings, quality
from dagster_project.bi.dashboard import opening
from dagster_project.bi.dashboard.app import PAGES
from dagster_project.bi.facts import read_facts
from dagster_project.bi.findings import read_findings
from dagster_project.bi.quality import write_quality
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from tests.benchmarks.dashboard import grow, views
from tests.benchmarks.table import Line, show

TARGET_SECONDS = 0.05
READERS = (facts, findings, quality, opening)
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Query:
    """A query as a reader makes it: of which file, with which values."""

    database: str
    text: str
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """Its name in the module that makes it, else how it begins."""
        known = {**vars(quality), **vars(findings), **vars(facts)}.items()
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
        self.close()

    def close(self) -> None:
        self.connection.close()

    def execute(self, text: str, values: Sequence[Any] = ()) -> Any:
        self.told.append(Query(self.database, text, tuple(values)))
        return self.connection.execute(text, list(values))


@dataclass
class Watch:
    """Stands for the module `duckdb` where a reader connects."""

    told: list[Query] = field(default_factory=list)

    def connect(self, database: str = ":memory:", **how: Any) -> Watched:
        return Watched(database, duckdb.connect(database, **how), self.told)

    def __getattr__(self, name: str) -> Any:
        return getattr(duckdb, name)


@contextmanager
def watched() -> Iterator[list[Query]]:
    watch = Watch()
    with ExitStack() as patches:
        for module in READERS:
            patches.enter_context(patch.object(module, "duckdb", watch))
        yield watch.told


def queries_of_report(paths: Paths) -> list[Query]:
    """Every query of the report and the quality page of the current generation."""
    generation = paths.current.resolve()
    with watched() as told:
        read_facts(generation / "funnelhouse.duckdb")
        read_findings(generation / "funnelhouse.duckdb")
        write_quality(generation, paths)
    return list(dict.fromkeys(told))


def queries_of_page(name: str) -> list[Query]:
    """What a page of the dashboard asks for any of its views, each question once."""
    with watched() as told:
        for _ in views(name):
            pass
    return list(dict.fromkeys(told))


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


def line_of(name: str, seconds: Sequence[float]) -> Line:
    middle = statistics.median(seconds)
    measured = f"{p95(seconds) * 1000:.1f} ms (median {middle * 1000:.1f} ms)"
    return Line(name, measured, f"< {TARGET_SECONDS * 1000:.0f} ms")


def p95(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def lines_of_page(title: str, asked: Mapping[Query, Sequence[float]]) -> Iterator[Line]:
    """The page's slowest query, and each other that is over the target."""
    ordered = sorted(asked, key=lambda query: p95(asked[query]), reverse=True)
    for place, query in enumerate(ordered):
        if not place:
            yield line_of(f"{title}, slowest of {len(ordered)}", asked[query])
        elif p95(asked[query]) > TARGET_SECONDS:
            yield line_of(f"{title}, {query.name}", asked[query])


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--rounds", default=40, show_default=True)
@click.option("--times", default=1, show_default=True, help="So many times the rows.")
def main(data: Path, rounds: int, times: int) -> None:
    """Ask each query that readers make of what DATA has published, at p95."""
    with tempfile.TemporaryDirectory(dir=data) as folder:
        asked = data if times == 1 else grow(data, Path(folder), times)
        os.environ["FUNNELHOUSE_DATA"] = str(asked)
        lines, differing = measured(asked, rounds)
    show(f"Queries of readers, {rounds} rounds, {times} times the journeys", lines)
    if differing:
        click.echo(f"answers differ from round to round: {', '.join(differing)}")
        sys.exit(1)


def measured(data: Path, rounds: int) -> tuple[list[Line], list[str]]:
    """The report's and the pages' lines, and the queries that did not answer alike."""
    paths = Paths.of(Settings.from_environment({"FUNNELHOUSE_DATA": str(data)}))
    seconds: dict[Query, list[float]] = {}
    differing = []
    report = queries_of_report(paths)
    pages = {title: queries_of_page(name) for name, (title, _) in PAGES.items()}
    for query in dict.fromkeys(chain(report, *pages.values())):
        seconds[query], is_same = times_of(query, rounds)
        differing += [] if is_same else [query.name]
    lines = [line_of(query.name, seconds[query]) for query in report]
    for title, queries in pages.items():
        lines += lines_of_page(title, {query: seconds[query] for query in queries})
    return lines, differing


if __name__ == "__main__":
    main()
