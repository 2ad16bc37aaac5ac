"""`python -m tests.benchmarks.dashboard DATA`: each view of the dashboard, at p95.

DATA is the data folder of an installation that has published. Each page is drawn a few
times, then with each of the first options of each of its choices, as Streamlit draws
it for one browser; its first view, which also asks what there is to choose from, is
told by itself. `--times 100` does so on that many times the journeys and attempts:
rows of single journeys are copied under other names, in the order in which they are
published, and what counts them is multiplied, so that every view shows as much as it
would.
"""

import json
import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

import click
import duckdb
from streamlit.testing.v1 import AppTest

from dagster_project.bi.dashboard.app import PAGES
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from tests.benchmarks.table import Line, show

NAMES = ("journey_id", "attempt_id", "unit_id", "person_id", "deal_id", "lead_id")
COPIED = (
    *("fct_journeys", "fct_journey_steps", "fct_funnel_attempts"),
    *("fct_recovery_queue", "fct_unrecorded_inquiries"),
)
COUNTED = (
    *("fct_segment_funnels", "fct_event_funnels", "fct_step_rates"),
    *("fct_stage_funnel_breakdowns", "fct_event_funnel_breakdowns"),
    *("fct_journey_outcomes", "fct_recovery_reasons", "fct_inquiry_months"),
)
OPTIONS, AGAIN = 4, 5
TARGETS = {1: 0.3, 100: 1.0}
Connection = duckdb.DuckDBPyConnection


class Took(NamedTuple):
    """Of one view: seconds by the clock, and of the processor on all cores."""

    clock: float
    processor: float


def grow(data: Path, folder: Path, times: int) -> Path:
    """A data folder whose current generation has so many times the journeys."""
    published = Paths.of(Settings.from_environment({"FUNNELHOUSE_DATA": str(data)}))
    grown = Paths.of(Settings.from_environment({"FUNNELHOUSE_DATA": str(folder)}))
    generation = grown.generation("g000001")
    shutil.copytree(published.current.resolve(), generation)
    grown.current.symlink_to(generation)
    nodes = json.loads(published.dbt_manifest.read_text(encoding="utf-8"))["nodes"]
    told = {node["alias"]: node["config"]["meta"] for node in nodes.values()}
    with duckdb.connect(str(generation / "funnelhouse.duckdb")) as connection:
        for name in (*COPIED, *COUNTED):
            columns = _columns(connection, name)
            copies = f"range({times}) as copies (copy)" if name in COPIED else "one"
            order = told.get(name, {}).get("published", {}).get("order_by")
            connection.execute(f"""
                create or replace table marts.{name} as
                with one as (select 0 as copy)
                select {", ".join(_grown(columns, name, times))}
                from marts.{name} cross join {copies}
                {f"order by {order}" if order else ""}
            """)
    return folder


def _columns(connection: Connection, name: str) -> dict[str, str]:
    found = connection.execute(f"describe marts.{name}").fetchall()
    return {column: kind for column, kind, *_ in found}


def _grown(columns: Mapping[str, str], name: str, times: int) -> Iterator[str]:
    for column in columns:
        if name in COPIED and column in NAMES:
            yield f"{column} || if(copy = 0, '', '~' || copy) as {column}"
        elif name in COUNTED and column.endswith("_count"):
            yield f"{column} * {times} as {column}"
        else:
            yield column


def views(name: str) -> Iterator[Took]:
    """Seconds of each view of a page, the first of all first."""
    page = AppTest.from_function(_show, args=(name,), default_timeout=600)
    yield _drawn(page)
    for _ in range(AGAIN):
        yield _drawn(page)
    for key in [each.key for each in page.selectbox if each.key]:
        first = page.selectbox(key=key).index or 0
        for place in range(min(OPTIONS, len(page.selectbox(key=key).options))):
            page.selectbox(key=key).select_index(place)
            yield _drawn(page)
        page.selectbox(key=key).select_index(first)
        yield _drawn(page)


def _show(name: str) -> None:
    from dagster_project.bi.dashboard.app import show_page

    show_page(name)


def _drawn(page: AppTest) -> Took:
    started, worked = perf_counter(), process_time()
    page.run()
    took = Took(perf_counter() - started, process_time() - worked)
    if page.exception:
        raise click.ClickException(str(page.exception[0].value))
    return took


def line_of(name: str, took: Sequence[Took], times: int) -> Line:
    p95, of_processor = (
        statistics.quantiles(each, n=20)[-1] * 1000 for each in zip(*took, strict=True)
    )
    middle = statistics.median(each.clock for each in took) * 1000
    measured = f"{p95:.0f} ms (median {middle:.0f}, {len(took)} views"
    measured += f"; processor {of_processor:.0f} ms)"
    target = f"< {TARGETS[times] * 1000:.0f} ms" if times in TARGETS else ""
    return Line(name, measured, target)


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--times", default=1, show_default=True, help="So many times the rows.")
def main(data: Path, times: int) -> None:
    """Draw each page of what DATA has published with each of its choices."""
    with tempfile.TemporaryDirectory(dir=data) as folder:
        grown = data if times == 1 else grow(data, Path(folder), times)
        os.environ["FUNNELHOUSE_DATA"] = str(grown)
        found = {name: list(views(name)) for name in PAGES}
    lines = [line_of(PAGES[name][0], took[1:], times) for name, took in found.items()]
    every = [each for took in found.values() for each in took[1:]]
    lines.append(line_of("any view", every, times))
    for name, (first, *_) in found.items():
        measured = f"{first.clock * 1000:.0f} ms"
        measured += f" (processor {first.processor * 1000:.0f} ms)"
        lines.append(Line(f"{PAGES[name][0]}, first view", measured, ""))
    show(f"Views of the dashboard, {times} times the journeys", lines)


if __name__ == "__main__":
    main()
