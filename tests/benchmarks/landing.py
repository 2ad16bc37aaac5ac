"""How fast landing is beside DuckDB's own plain read of the same files, and how small.

Run as `python -m tests.benchmarks.landing`; `--large` lands files of 10 GB instead and
measures the memory that took.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
import duckdb

from dagster_project.landing import Contract, ExtractedAt, Landing, land
from dagster_project.paths import Paths
from dagster_project.samples import write_samples
from dagster_project.settings import Settings

RATIO, MEMORY = 1 / 3, 2_000_000_000
FIXED = ExtractedAt(fixed=datetime(2026, 1, 31))
READS = {"csv": "read_csv", "jsonl": "read_json"}
ROUNDS = 2


@dataclass(frozen=True)
class Case:
    """Files to land, in a folder of their own."""

    what: str
    format: str
    folder: Path

    @property
    def contract(self) -> Contract:
        files = (f"**/*.{self.format}",)
        return Contract("bench", "table", files, self.format, FIXED)

    @property
    def size(self) -> int:
        return sum(path.stat().st_size for path in self.folder.glob("**/*.*"))


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def read_plainly(case: Case) -> None:
    """Every row and column into a table, as anybody would read the files."""
    files = f"{case.folder}/**/*.{case.format}"
    faults = ", ignore_errors = true, union_by_name = true"
    with duckdb.connect(config={"threads": os.cpu_count() or 1}) as connection:
        connection.execute(
            f"create temp table read as from {READS[case.format]}('{files}'{faults})"
        )


def land_all(case: Case) -> Landing:
    with tempfile.TemporaryDirectory(dir=case.folder.parent) as data:
        environment = {
            "FUNNELHOUSE_DATA": data,
            "FUNNELHOUSE_EXTRACTS": str(case.folder),
        }
        paths = Paths.of(Settings.from_environment(environment))
        landing = land(case.contract, paths, "n000001", threads=os.cpu_count() or 1)
    accounted = sum(file.physical_count for file in landing.files)
    assert accounted == landing.landed_count + landing.rejected_count > 0
    assert not landing.refused_files
    return landing


def compare(case: Case) -> float:
    """DuckDB's time over ours, the best of several rounds of each."""
    rounds = [
        (seconds(lambda: read_plainly(case)), seconds(lambda: land_all(case)))
        for _ in range(ROUNDS)
    ]
    plain, landing = (min(each) for each in zip(*rounds, strict=True))
    return plain / landing


def cases(samples: Path, folder: Path, size: float) -> Iterator[Case]:
    """One large file of each format, clean and spoiled, and many small ones."""
    history = list(lines_of(samples / "hubspot" / "deal_property_history", "csv"))
    header, *changes = history
    spoiled = list(changes)
    spoiled[len(spoiled) // 2] = b"bad\n"
    dense = [b"bad\n" if n % 100 == 0 else line for n, line in enumerate(changes)]
    for what, lines in (
        ("CSV", changes),
        ("CSV, one bad row in each copy", spoiled),
        ("CSV, one row in a hundred bad", dense),
    ):
        yield one_file(what, "csv", folder, header, lines, size)
    calls = list(lines_of(samples / "segment", "jsonl"))
    spoiled = list(calls)
    spoiled[len(spoiled) // 2] = b'{"bad": \n'
    yield one_file("JSONL", "jsonl", folder, b"", calls, size)
    what = "JSONL, one bad line in each copy"
    yield one_file(what, "jsonl", folder, b"", spoiled, size)
    yield Case("JSONL in a file a day", "jsonl", samples / "segment")


def lines_of(folder: Path, format: str) -> Iterator[bytes]:
    """The lines of all files of a folder, of a header the first alone."""
    for number, path in enumerate(sorted(folder.glob(f"*.{format}"))):
        with path.open("rb") as file:
            if number and format == "csv":
                file.readline()
            yield from file


def one_file(
    what: str,
    format: str,
    folder: Path,
    header: bytes,
    lines: Iterable[bytes],
    size: float,
) -> Case:
    """A file of at least `size` bytes: the same lines again and again."""
    target = folder / what.replace(" ", "-")
    target.mkdir(parents=True)
    content = b"".join(lines)
    with (target / f"file.{format}").open("wb") as file:
        file.write(header)
        while file.tell() < size:
            file.write(content)
    return Case(what, format, target)


def small(events: int, megabytes: float) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        samples, folder = Path(scratch) / "samples", Path(scratch) / "files"
        write_samples(samples, deals=events // 40, events=events, months=6, seed=1)
        click.echo(f"{'what':40} {'MB':>6} {'ratio':>6}  target")
        for case in cases(samples, folder, megabytes * 1e6):
            ratio = compare(case)
            size = case.size / 1e6
            click.echo(f"{case.what:40} {size:6.0f} {ratio:6.2f}  {RATIO:.2f}")


def large(gigabytes: float, scratch: Path | None) -> None:
    """Each format by itself, landed by a process whose memory is measured."""
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder = Path(name)
        samples = folder / "samples"
        write_samples(samples, deals=2_000, events=80_000, months=6, seed=1)
        click.echo(f"{'what':20} {'GB':>6} {'seconds':>8} {'peak MB':>8}  target")
        for format, source in (
            ("csv", "hubspot/deal_property_history"),
            ("jsonl", "segment"),
        ):
            first, *rest = lines_of(samples / source, format)
            case = one_file(format, format, folder, first, rest, gigabytes * 1e9)
            took = seconds(lambda case=case: land_apart(case))
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
            sizes = f"{case.size / 1e9:6.1f} {took:8.0f} {peak / 1e6:8.0f}"
            click.echo(f"{case.what:20} {sizes}  {MEMORY / 1e6:.0f}")
            shutil.rmtree(case.folder)


def land_apart(case: Case) -> None:
    command = [sys.executable, "-m", __spec__.name, "--land", str(case.folder)]
    subprocess.run([*command, "--format", case.format], check=True)


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--events", type=int, default=100_000)
    told.add_argument("--megabytes", type=float, default=200.0)
    told.add_argument("--large", action="store_true")
    told.add_argument("--gigabytes", type=float, default=10.0)
    told.add_argument("--scratch", type=Path, help="where large files may lie")
    told.add_argument("--land", type=Path, help=argparse.SUPPRESS)
    told.add_argument("--format", help=argparse.SUPPRESS)
    given = told.parse_args()
    if given.land:
        land_all(Case("", given.format, given.land))
    elif given.large:
        large(given.gigabytes, given.scratch)
    else:
        small(given.events, given.megabytes)


if __name__ == "__main__":
    main()
