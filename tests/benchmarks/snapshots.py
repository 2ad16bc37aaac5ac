"""`python -m tests.benchmarks.snapshots FOLDER`: ours against a row a deal and day.

The ledger is built once, to `int_stays`; then our models of daily counts and
`deals_by_days.sql`, the usual way as a plain dbt model, are each run in that warehouse,
by turns, and must give equal counts for every day and stage. Ours tell more than is
compared (segments, ages, patience); the last row has amounts and medians too.
"""

import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import duckdb
import jinja2

from dagster_project.paths import Paths
from dagster_project.settings import Settings
from dagster_project.transforming import build, load_project
from tests.benchmarks.data import Size, make_extracts, make_lake
from tests.benchmarks.table import Line, show

RIVAL = Path(__file__).with_name("deals_by_days.sql")
COUNTS = ("int_stage_day_changes", "int_stage_days")
WHOLE = (
    *COUNTS,
    "int_valued_stays",
    "int_stage_amount_days",
    "int_median_ages",
    "fct_stage_snapshots",
)
OURS = """
    select
        calendar_date, pipeline_code, stage_code, sum(open_count)::bigint,
        sum(entered_count)::bigint, sum(left_count)::bigint
    from int_stage_days
    group by all
    having sum(open_count) > 0 or sum(entered_count) > 0 or sum(left_count) > 0
"""
THEIRS = """
    select
        calendar_date, pipeline_code, stage_code, open_count, entered_count, left_count
    from rival
    where open_count > 0 or entered_count > 0 or left_count > 0
"""


@dataclass(frozen=True)
class Contest:
    """A warehouse with a ledger in it, and the models to run there."""

    connection: duckdb.DuckDBPyConnection
    compiled: Path

    def model(self, name: str) -> str:
        """The SQL that dbt made of one of our models."""
        (path,) = self.compiled.rglob(f"{name}.sql")
        return path.read_text(encoding="utf-8")

    def rival(self) -> str:
        template = jinja2.Environment(autoescape=False).from_string(  # noqa: S701 - SQL
            RIVAL.read_text(encoding="utf-8")
        )
        return template.render(ref=lambda name: f"intermediate.{name}")

    def seconds(self, models: Sequence[tuple[str, str]]) -> float:
        """How long it takes to write these, each as a table, one after another."""
        started = perf_counter()
        for name, sql in models:
            self.connection.execute(f"create or replace temp table {name} as ({sql})")
        return perf_counter() - started

    def ours(self, names: Sequence[str]) -> float:
        return self.seconds([(name, self.model(name)) for name in names])

    def theirs(self) -> float:
        return self.seconds([("rival", self.rival())])

    def differing(self) -> list[tuple[Any, ...]]:
        """Days and stages that are not told alike."""
        query = f"(({OURS}) except ({THEIRS})) union all (({THEIRS}) except ({OURS}))"
        return self.connection.execute(f"from ({query}) limit 20").fetchall()


def built(folder: Path, size: Size) -> Settings:
    """A warehouse with the ledger and our daily counts, below `folder`/data."""
    extracts = folder / "extracts"
    if not extracts.exists():
        make_extracts(folder, size)
    settings = make_lake(folder, extracts)
    load_project(settings)
    outcomes = build(["+fct_stage_snapshots"], "empty", True, lambda _: None)
    faults = [str(each) for each in outcomes if each.is_fault]
    if faults:
        raise RuntimeError("\n".join(faults))
    return settings


def contest(settings: Settings) -> Contest:
    paths = Paths.of(settings)
    connection = duckdb.connect(
        str(paths.warehouse),
        config={"threads": settings.threads, "memory_limit": settings.memory_limit},
    )
    connection.execute("set TimeZone = 'UTC'")
    return Contest(connection, paths.dbt_target / "compiled")


def lines_of(theirs: float, counts: float, whole: float) -> Iterator[Line]:
    yield Line("deals x days", f"{theirs:.2f} s")
    yield Line("ours, the same counts", f"{counts:.3f} s")
    yield Line("times faster", f"{theirs / counts:.0f}", "≥ 20")
    yield Line("ours, the whole of fct_stage_snapshots", f"{whole:.3f} s")
    yield Line("times faster", f"{theirs / whole:.0f}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--deals", default=200_000, show_default=True)
@click.option("--months", default=36, show_default=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--seed", default=7, show_default=True)
def main(folder: Path, deals: int, months: int, rounds: int, seed: int) -> None:
    """Build a ledger below FOLDER; count its days both ways, and compare."""
    settings = built(folder.absolute(), Size(deals, deals * 12, months, seed))
    match = contest(settings)
    rounds_of = [
        (match.theirs(), match.ours(COUNTS), match.ours(WHOLE)) for _ in range(rounds)
    ]
    middle = [statistics.median(seconds) for seconds in zip(*rounds_of, strict=True)]
    show(f"Daily snapshots, {deals:,} deals, {months} months", lines_of(*middle))
    differing = match.differing()
    if differing:
        click.echo("\n".join(map(str, ["counts differ:", *differing])))
        sys.exit(1)


if __name__ == "__main__":
    main()
