"""What a night costs beside a full build: `python -m tests.benchmarks.nights`.

The newest extracts, about a hundredth of all rows, are held back; then come a full
build, a night that brings them, and a night that brings nothing. The last one's time
is what every night costs before it does anything, and is taken from the others. On a
machine that does other work too only processor time (user and system) tells anything.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.settings import ROOT

COMMAND = (sys.executable, "-c", "from dagster_project.cli import main; main()")
DATED = re.compile(r"\d{4}-\d{2}-\d{2}")
TARGET = 0.05
Versions = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Night:
    """A night's seconds, and how many tables it built in which way."""

    name: str
    seconds: float
    processor: float
    whole: int = 0
    touched: int = 0
    left_alone: int = 0
    rows: int = 0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, default=2_000)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--share", type=float, default=0.01, help="of rows that is new")
    parser.add_argument("--folder", type=Path, help="kept; by default one that is not")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        make_sample(folder, asked.deals, asked.events, asked.months)
        nights = list(measure(folder, asked.share))
    show(nights)


def make_sample(folder: Path, deals: int, events: int, months: int) -> None:
    size = ["--deals", str(deals), "--events", str(events), "--months", str(months)]
    run(folder, "sample", *size, "--seed", "7")


def measure(folder: Path, share: float) -> Iterator[Night]:
    """The three nights, each with what its tables became."""
    waiting = hold_back(folder, share)
    yield night(folder, "full build")
    for held, extract in waiting:
        held.rename(extract)
    yield night(folder, f"{share:.0%} new")
    yield night(folder, "nothing new")


def hold_back(folder: Path, share: float) -> list[tuple[Path, Path]]:
    """Put the newest days' extracts beside, until they hold the share of all bytes."""
    extracts = folder / "extracts"
    dated = [path for path in extracts.rglob("*") if DATED.search(path.name)]
    whole = sum(path.stat().st_size for path in dated)
    waiting, size = [], 0
    for day in sorted({_day(path) for path in dated}, reverse=True):
        if size >= share * whole:
            break
        files = [path for path in dated if _day(path) == day]
        size += sum(path.stat().st_size for path in files)
        waiting += [(_held(path, folder), path) for path in files]
    for held, extract in waiting:
        held.parent.mkdir(parents=True, exist_ok=True)
        extract.rename(held)
    return waiting


def night(folder: Path, name: str) -> Night:
    before = versions(folder)
    started, used = time.monotonic(), processor_seconds()
    run(folder, "run")
    spent = time.monotonic() - started, processor_seconds() - used
    return told(folder, name, spent, before)


def processor_seconds() -> float:
    """What the commands that have ended took of the processors."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def told(
    folder: Path, name: str, spent: tuple[float, float], before: Versions
) -> Night:
    """What a night did, by the versions before and after it."""
    after = versions(folder)
    moved = {model: now for model, now in after.items() if now != before.get(model)}
    touched = {model for model, now in moved.items() if _is_by_keys(now, model, before)}
    return Night(
        name,
        *spent,
        whole=len(moved) - len(touched),
        touched=len(touched),
        left_alone=len(after) - len(moved),
        rows=sum(changed_rows(folder, model, after[model][0]) for model in touched),
    )


def versions(folder: Path) -> Versions:
    """Version of each table, and the one in which it was last built whole."""
    file = folder / "warehouse" / "funnelhouse.duckdb"
    if not file.is_file():
        return {}
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(
            "select model, version, whole_version from state.built"
        )
        return {model: (version, whole) for model, version, whole in rows.fetchall()}


def changed_rows(folder: Path, model: str, version: int) -> int:
    """Rows that came or went with a version, where somebody follows them."""
    file = folder / "warehouse" / "funnelhouse.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        known = connection.execute(
            "select 1 from duckdb_tables() where schema_name = 'changes' "
            "and table_name = ?",
            [model],
        ).fetchall()
        query = f'select count(*) from changes."{model}" where version = ?'
        found = connection.execute(query, [version]).fetchall() if known else [(0,)]
    return int(found[0][0])


def show(nights: Sequence[Night]) -> None:
    """A line a night, and what one costs of a full build."""
    print("| night | seconds | processor | whole | touched | alone | changed rows |")  # noqa: T201
    print("|---|---:|---:|---:|---:|---:|---:|")  # noqa: T201
    for each in nights:
        print(  # noqa: T201
            f"| {each.name} | {each.seconds:.1f} | {each.processor:.1f} | {each.whole} "
            f"| {each.touched} | {each.left_alone} | {each.rows:,} |"
        )
    seconds = share(*(each.seconds for each in nights))
    processor = share(*(each.processor for each in nights))
    print(  # noqa: T201
        f"\nbeyond start-up a night costs {seconds:.3f} of a full build's seconds and "
        f"{processor:.3f} of its processor time (target {TARGET})"
    )


def share(full: float, new: float, nothing: float) -> float:
    """A night's cost as a share of a full build's, both beyond a night of nothing."""
    return (new - nothing) / (full - nothing)


def run(folder: Path, *arguments: str) -> None:
    """A command of ours on the folder.

    Raises:
        RuntimeError: it failed; the message is what it said.
    """
    environment = os.environ | {"FUNNELHOUSE_DATA": str(folder)}
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _is_by_keys(now: tuple[int, int], model: str, before: Versions) -> bool:
    return model in before and now[1] == before[model][1]


def _day(path: Path) -> str:
    found = DATED.search(path.name)
    return found.group() if found else ""


def _held(path: Path, folder: Path) -> Path:
    return folder / "held_back" / path.relative_to(folder / "extracts")


if __name__ == "__main__":
    print(json.dumps({"python": sys.version.split()[0], "duckdb": duckdb.__version__}))  # noqa: T201
    main()
