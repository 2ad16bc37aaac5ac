"""`python -m tests.benchmarks.build FOLDER`: a whole night at one size, and at twice.

Each size is landed first, by itself; then `funnelhouse run` builds, judges and
publishes all of it in a process of its own, whose memory is measured. Beside it stands
what DuckDB needs to read the lake's declared columns and hash them. FOLDER/<deals>/data
holds what was published, for `tests.benchmarks.queries`.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import click
import duckdb

from dagster_project.landing import read_contracts
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from dagster_project.transforming import environment, load_project
from tests.benchmarks.data import SOURCES, Size, make_extracts, make_lake
from tests.benchmarks.table import Line, show

SLOWEST = 30
GIB = 2**20
"""Kibibytes, in which the kernel counts a process's memory."""

RUN = "from dagster_project.cli import main; main()"
LIVE = "not is_deleted and not is_duplicate"


@dataclass(frozen=True)
class Took:
    """Seconds of the clock, and of the processors, which others' work does not move."""

    seconds: float
    processor_seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.processor_seconds:.1f} s of processors)"

    def over(self, other: "Took") -> str:
        clock = self.seconds / other.seconds
        return f"{clock:.2f} ({self.processor_seconds / other.processor_seconds:.2f})"


@dataclass(frozen=True)
class Night:
    """What one size took; `differing` says where its answers are not the truth's."""

    size: Size
    night: Took
    peak_gib: float
    hashing: Took
    models: Mapping[str, float]
    differing: Sequence[str]


def run_night_of(folder: Path, size: Size) -> Night:
    """Make, land and build one size; what an earlier night left is removed."""
    shutil.rmtree(folder / "data", ignore_errors=True)
    extracts = folder / "extracts"
    if not extracts.exists():
        make_extracts(folder, size)
    settings = make_lake(folder, extracts)
    paths = Paths.of(settings)
    hashing = read_and_hash(settings)
    night, peak = _run(settings, paths)
    models = dict(_seconds_by_node(paths))
    return Night(size, night, peak, hashing, models, _differing(folder, paths, size))


def read_and_hash(settings: Settings) -> Took:
    """How long DuckDB takes to read every declared column of the lake and hash it."""
    project = load_project(settings)
    started, worked = perf_counter(), process_time()
    with duckdb.connect(config={"threads": settings.threads}) as connection:
        for contract in read_contracts(project.manifest, SOURCES):
            table = project.paths.raw_table(contract.source_code, contract.table_name)
            names = ", ".join(f'"{column.name}"' for column in contract.columns)
            connection.execute(
                f"select bit_xor(hash({names})) from read_parquet("
                f"'{table}/**/*.parquet', union_by_name = true)"
            ).fetchall()
    return Took(perf_counter() - started, process_time() - worked)


def _run(settings: Settings, paths: Paths) -> tuple[Took, float]:
    """`funnelhouse run` in a process of its own: what it took, and its peak in GiB.

    Raises:
        RuntimeError: the night failed or was refused.
    """
    started = perf_counter()
    variables = {**os.environ, **environment(settings, paths)}
    with subprocess.Popen([sys.executable, "-c", RUN, "run"], env=variables) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"funnelhouse run ended with {process.returncode}")
    took = Took(perf_counter() - started, usage.ru_utime + usage.ru_stime)
    return took, usage.ru_maxrss / GIB


def _seconds_by_node(paths: Paths) -> Iterator[tuple[str, float]]:
    yield from duckdb.sql(
        "select node_name, sum(duration_seconds) from "
        f"read_parquet('{paths.run_stats}/*.parquet') "
        "where resource_type = 'model' group by node_name order by 2 desc"
    ).fetchall()


def _differing(folder: Path, paths: Paths, size: Size) -> list[str]:
    """Outcomes whose journeys are not those of the sample's truth, once a copy."""
    truth = json.loads((folder / "sample/samples/truth.json").read_text("utf-8"))
    groups = truth["realised"]["by_pipeline"].values()
    with duckdb.connect(
        str(paths.current / "funnelhouse.duckdb"), read_only=True
    ) as connection:
        found = dict(
            connection.execute(
                "select outcome_code, count(*) from marts.fct_journeys "
                f"where {LIVE} group by all"
            ).fetchall()
        )
    expected = {
        name: sum(group[f"{name}_count"] for group in groups) * size.copies
        for name in ("won", "lost", "open")
    }
    return [name for name, count in expected.items() if found.get(name, 0) != count]


def lines_of(small: Night, large: Night) -> Iterator[Line]:
    for night in (small, large):
        name = f"{night.size.deals:,} deals, {night.size.events:,} events"
        yield Line(f"{name}: night", str(night.night))
        yield Line(f"{name}: read and hash", str(night.hashing))
        yield Line(f"{name}: ratio", night.night.over(night.hashing), "≤ 25")
        yield Line(f"{name}: peak memory", f"{night.peak_gib:.2f} GiB", "< 8 GiB")
    yield Line("doubling", large.night.over(small.night), "≤ 2.1")


def model_lines(small: Night, large: Night) -> Iterator[Line]:
    for name, seconds in list(large.models.items())[:SLOWEST]:
        before = small.models.get(name, 0.0)
        times = f" (x {seconds / before:.1f})" if before else ""
        yield Line(name, f"{seconds:.2f} s{times}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--deals", default=50_000, show_default=True)
@click.option("--events-per-deal", default=50, show_default=True)
@click.option("--months", default=24, show_default=True)
@click.option("--seed", default=7, show_default=True)
def main(
    folder: Path, deals: int, events_per_deal: int, months: int, seed: int
) -> None:
    """Build a size and its double below FOLDER, and compare the outcomes with truth."""
    nights = [
        run_night_of(
            folder.absolute() / str(count),
            Size(count, count * events_per_deal, months, seed),
        )
        for count in (deals, 2 * deals)
    ]
    show("Full build", lines_of(*nights))
    show(f"The slowest models at {2 * deals:,} deals", model_lines(*nights))
    differing = [name for night in nights for name in night.differing]
    if differing:
        click.echo(f"journeys differ from the planted truth: {', '.join(differing)}")
        sys.exit(1)


if __name__ == "__main__":
    main()
