"""Event funnels: the models' own SQL beside ClickHouse's windowFunnel.

`python -m tests.benchmarks.event_funnels --events 20000000`: five ordered steps in 30
days, the level of each person by cohort month and channel, from one Parquet file. The
models from customers' actions to fct_event_funnels are compiled by dbt and run as they
stand. Ends with 1 where an answer differs, not where a target is missed.
"""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
import duckdb

from dagster_project.invoking import close_connections
from dagster_project.paths import DBT, Paths
from dagster_project.settings import ROOT, Settings
from dagster_project.transforming import load_project
from tests.benchmarks.table import Line, show
from tests.warehouse import write_seeds

LOCK = ROOT / "requirements-bench.lock"
MEASURING = Path(__file__).with_name("measuring.py")
STEPS = ("looked", "asked", "priced", "agreed", "paid")
# The part of all actions that lie below each step's: most are looks.
PARTS = (0.935, 0.975, 0.99, 0.997, 1.0)
WINDOW_SECONDS = 30 * 86400
# Days back that meet each month of which an entry's window may reach an action.
BACK = (0, 10, 20, 30)
SEEDS = {
    "funnels": [
        {
            "funnel_code": "bench",
            "pipeline_code": "",
            "segment_code": "",
            "kind_code": "event",
            "unit_code": "person",
            "mode_code": "ordered",
            "window_seconds": WINDOW_SECONDS,
            "attribution_code": "entry",
            "entry_from": "",
            "entry_to": "",
        }
    ],
    "funnel_steps": [
        {
            "funnel_code": "bench",
            "step_order": number,
            "step_code": code,
            "match_kind": "event",
            "match_code": code,
            "property_name": "",
            "property_value": "",
            "from_step": "",
            "to_step": "",
        }
        for number, code in enumerate(STEPS, start=1)
    ],
}
# What the models read and the benchmark gives: actions, and nothing of a CRM.
GIVEN = {
    "int_journey_events": "select * from read_parquet('{events}')",
    "int_event_properties": "select ''::varchar as event_kind, ''::varchar as "
    "source_code, ''::varchar as event_id, ''::varchar as property_name, "
    "''::varchar as property_value where false",
    "int_journeys": "select '' as journey_id, '' as pipeline_code where false",
    "int_journey_segments": "select '' as journey_id, '' as segment_code where false",
    "int_sources": "select 'site' as source_code, timestamp '2026-01-31' as "
    "observed_until",
}
ASKED = "fct_event_funnels"
# What else is told of each attempt: no part of the levels.
DETAILS = ("int_attempt_details", "fct_funnel_attempts")
DUCKDB_LEVELS = """
    with persons as (
        select
            unit_number,
            min(entry_month) as cohort_month,
            max(case when is_best_of_all then channel_code end) as channel_code,
            max(case when is_best_of_all then furthest_step_order end) as level
        from intermediate.int_attempt_levels
        group by unit_number
    )
    select channel_code, cohort_month::varchar, level, count(*)
    from persons group by all order by all
"""
DUCKDB_MONTHS = """
    select channel_code, entry_month::varchar, step_order, reached_count
    from marts.fct_event_funnels
    where not is_all_months and segment_code <> 'all' and channel_code <> 'all'
        and reached_count > 0
    order by all
"""
DETAILED_LEVELS = """
    select channel_code, entry_month::varchar, furthest_step_order, count(*)
    from {attempts} group by all order by all
"""
READ_AND_HASH = """
    select sum(hash(person_id, occurred_at, event_code, channel_code) % 7)
    from intermediate.int_journey_events
"""


@dataclass(frozen=True)
class Measure:
    """What an engine took for its statements, and what the last of them answered."""

    seconds: dict[str, float]
    cpu_seconds: dict[str, float]
    peak_bytes: int
    rows: list[list[Any]]

    @property
    def total(self) -> float:
        return sum(self.seconds.values())

    @property
    def cpu_total(self) -> float:
        return sum(self.cpu_seconds.values())


@dataclass(frozen=True)
class Bench:
    """The files of one run, and how many threads each engine has."""

    folder: Path
    threads: int

    @property
    def events(self) -> Path:
        return self.folder / "events.parquet"

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(
            {
                "FUNNELHOUSE_DATA": str(self.folder / "data"),
                "FUNNELHOUSE_SEEDS": str(self.folder / "seeds"),
                "FUNNELHOUSE_SOURCES": "plain",
                "FUNNELHOUSE_PII_SALT": "salt of the benchmark",
            }
        )

    @property
    def warehouse(self) -> Path:
        return Paths.of(self.settings).warehouse


def random(seed: str, number: int) -> str:
    """A number from 0 to 1 that follows from a column; the same at every run."""
    return f"(hash({seed} * 16 + {number})::double / 18446744073709551616)"


def write_events(bench: Bench, count: int) -> None:
    """Actions of persons, of whom few do much, each from a day of their own on."""
    steps = " ".join(
        f"when place < {part} then '{code}'"
        for code, part in zip(STEPS, PARTS, strict=True)
    )
    bench.folder.mkdir(parents=True, exist_ok=True)
    with closing(duckdb.connect()) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"""
            copy (
                with drawn as (
                    select
                        number,
                        floor({count // 16} * {random("number", 1)} ** 2)::bigint
                            as person,
                        {random("number", 2)} as pace,
                        {random("number", 3)} as place
                    from range({count}) as numbers (number)
                )
                select
                    'web' as event_kind,
                    md5(number::varchar)[:24] as event_id,
                    'site' as source_code,
                    '4' || md5(person::varchar) as person_id,
                    null::varchar as journey_id,
                    null::varchar as visitor_id,
                    null::varchar as session_id,
                    case {steps} end as event_code,
                    'channel_' || (hash(person) % 8) as channel_code,
                    null::varchar as campaign,
                    null::varchar as keyword,
                    null::varchar as region,
                    null::varchar as product,
                    null::varchar as device,
                    null::varchar as landing_page,
                    true as is_dated,
                    timestamp '2024-01-01' + to_seconds(cast(
                        86400 * (
                            650 * {random("person", 4)}
                            + least(-25 * ln(pace + 1e-12), 80)
                        ) as bigint
                    )) as occurred_at
                from drawn
            ) to '{bench.events}' (format parquet)
        """)


def prepare(bench: Bench) -> list[tuple[str, str]]:
    """The warehouse that the models find, and each model's statement, in order."""
    write_seeds(bench.folder / "seeds", SEEDS)
    with patch.dict(os.environ):
        load_project(bench.settings)
        run_dbt(
            [
                "seed",
                "--full-refresh",
                "--select",
                "funnels",
                "funnel_steps",
                "event_aliases",
            ]
        )
        with closing(duckdb.connect(str(bench.warehouse))) as connection:
            connection.execute("create schema if not exists intermediate")
            connection.execute("create schema if not exists marts")
            for name, query in GIVEN.items():
                given = query.format(events=bench.events)
                connection.execute(
                    f"create or replace view intermediate.{name} as {given}"
                )
        excluded = [f"+{name}" for name in GIVEN]
        chosen = ["--select", f"+{ASKED}", *DETAILS]
        chosen += ["--exclude", "resource_type:seed", *excluded]
        results = run_dbt(["compile", *chosen])
    return statements([each.node for each in results])


def run_dbt(arguments: Sequence[str]) -> list[Any]:
    """dbt's results; it hears of the seeds by a path relative to its project."""
    from dbt.cli.main import dbtRunner

    seeds = os.path.relpath(os.environ["FUNNELHOUSE_SEEDS"], DBT)
    with patch.dict(os.environ, {"FUNNELHOUSE_SEEDS": seeds}):
        done = dbtRunner().invoke([*arguments, "--log-level", "none"])
    close_connections()
    results = list(getattr(done.result, "results", ()))
    if not done.success:
        faults = [each.message for each in results if each.status == "error"]
        raise click.ClickException(f"dbt {arguments[0]}: {done.exception or faults}")
    return results


def statements(nodes: Sequence[Any]) -> list[tuple[str, str]]:
    models = {node.unique_id: node for node in nodes if node.resource_type == "model"}
    parents = {name: set(node.depends_on.nodes) for name, node in models.items()}
    order = TopologicalSorter(parents).static_order()
    return [statement(models[name]) for name in order if name in models]


def statement(node: Any) -> tuple[str, str]:
    kind = "view" if node.config.materialized == "view" else "table"
    name = f"{node.schema}.{node.name}"
    return node.name, f"create or replace {kind} {name} as ({node.compiled_code})"


def window_funnel(events: Path, *, by_entry_month: bool) -> str:
    """Levels by windowFunnel: of persons, or of persons in each month of entry.

    An action may belong to an attempt begun in its month or within the window before.
    """
    time = "toUInt64(toUnixTimestamp64Micro(occurred_at))"
    later = ", ".join(f"event_code = '{code}'" for code in STEPS[1:])
    first = f"event_code = '{STEPS[0]}'"
    months = [
        f"toStartOfMonth(subtractDays(occurred_at, {d}))" for d in (0, 10, 20, 30)
    ]
    source = f"file('{events}', Parquet)"
    cohort = f"toStartOfMonth(minIf(occurred_at, {first}))"
    if by_entry_month:
        cohort = "month"
        source = (
            f"(select *, arrayJoin(arrayDistinct([{', '.join(months)}])) as month "
            f"from {source})"
        )
        first += " and toStartOfMonth(occurred_at) = month"
    return f"""
        select channel, toString(cohort), level, toInt64(count()) from (
            select
                person_id,
                any(channel_code) as channel,
                {cohort} as cohort,
                windowFunnel({WINDOW_SECONDS}000000, 'strict_once')(
                    {time}, {first}, {later}
                ) as level
            from {source}
            group by person_id{", month" if by_entry_month else ""}
        )
        where level > 0
        group by channel, cohort, level
        order by channel, cohort, level
    """


def run(
    bench: Bench, python: Path, engine: str, asked: Sequence[tuple[str, str]]
) -> Measure:
    """Statements in a process of their own, so that its memory is theirs alone."""
    settings = {
        "duckdb": [f"set threads = {bench.threads}", "set memory_limit = '8GB'"],
        "clickhouse": [f"set max_threads = {bench.threads}"],
    }
    job = {
        "engine": engine,
        "database": str(bench.warehouse if engine == "duckdb" else ""),
        "settings": settings[engine],
        "statements": list(asked),
    }
    path = bench.folder / f"{engine}.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    done = subprocess.run(
        [python, MEASURING, path], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(f"{engine} stopped: {done.stderr[-2000:]}")
    return Measure(**json.loads(done.stdout.splitlines()[-1]))


def clickhouse_python(bench: Bench) -> Path:
    """The environment of chdb, made where there is none."""
    home = bench.folder.parent / "chdb"
    if not (home / ".installed").is_file():
        venv.create(home, with_pip=True, clear=True)
        pip = [home / "bin/python", "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--require-hashes", "-r", LOCK], check=True)
        (home / ".installed").touch()
    return home / "bin/python"


def reached(levels: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Who came to a level came to those below: counts as in fct_event_funnels."""
    counts: dict[tuple[str, str, int], int] = {}
    for channel, month, level, count in levels:
        for step in range(1, level + 1):
            key = (channel, month, step)
            counts[key] = counts.get(key, 0) + count
    return [[*key, count] for key, count in sorted(counts.items())]


def in_months(levels: Sequence[Sequence[Any]]) -> str:
    totals: dict[int, int] = {}
    for _, _, level, count in levels:
        totals[level] = totals.get(level, 0) + count
    return ", ".join(f"{totals[level]:,}" for level in sorted(totals))


def lines(
    ours: Measure, theirs: Measure, monthly: Measure, others: dict[str, Measure]
) -> Iterator[Line]:
    yield Line("persons by level 1 to 5", in_months(theirs.rows))
    measures = {
        "models and levels": ours,
        "windowFunnel": theirs,
        "windowFunnel by entry month": monthly,
        **others,
    }
    for name, measure in measures.items():
        yield Line(f"{name}, s", f"{measure.total:.2f}")
        yield Line(f"{name}, s of CPU", f"{measure.cpu_total:.2f}")
    for name, measure in (("", theirs), (" by entry month", monthly)):
        target = "" if name else "0.45"
        share = ours.total / measure.total
        yield Line(f"models / windowFunnel{name}, time", f"{share:.2f}", target)
        share = ours.cpu_total / measure.cpu_total
        yield Line(f"models / windowFunnel{name}, CPU", f"{share:.2f}", target)
    for name, measure in measures.items():
        yield Line(f"{name}, GB", f"{measure.peak_bytes / 1e9:.2f}")
    share = ours.peak_bytes / theirs.peak_bytes
    yield Line("models / windowFunnel, memory", f"{share:.2f}", "0.5")
    for name, seconds in ours.cpu_seconds.items():
        if seconds >= 0.05:
            yield Line(f"of it {name}, s of CPU", f"{seconds:.2f}")


@click.command()
@click.option("--events", default=2_000_000, show_default=True)
@click.option("--folder", default=Path("data/bench/events"), type=Path)
@click.option("--threads", default=2, show_default=True)
@click.option("--keep/--make", default=False, help="Take the events that are there.")
def main(events: int, folder: Path, threads: int, keep: bool) -> None:
    """Measure event funnels beside windowFunnel, and compare their answers."""
    bench = Bench(folder.resolve(), threads)
    if not (keep and bench.events.is_file()):
        write_events(bench, events)
    models = prepare(bench)
    chdb = clickhouse_python(bench)
    duckdb_run = partial(run, bench, Path(sys.executable), "duckdb")
    levels = [each for each in models if each[0] not in DETAILS]
    details = [each for each in models if each[0] in DETAILS]
    ours = duckdb_run([*levels, ("levels asked", DUCKDB_LEVELS)])
    others = {
        "details of attempts": duckdb_run(details),
        "read and hash the columns": duckdb_run([("", READ_AND_HASH)]),
    }
    answers = [ours.rows, duckdb_run([("", DUCKDB_MONTHS)]).rows]
    told, detailed = (
        duckdb_run([("", DETAILED_LEVELS.format(attempts=each))]).rows
        for each in ("intermediate.int_attempt_levels", f"marts.{DETAILS[-1]}")
    )
    asked = [
        ("windowFunnel", window_funnel(bench.events, by_entry_month=each))
        for each in (False, True)
    ]
    theirs, monthly = (run(bench, chdb, "clickhouse", [each]) for each in asked)
    show(f"Event funnels, {events:,} actions", lines(ours, theirs, monthly, others))
    expected = [theirs.rows, reached(monthly.rows)]
    if answers != expected or told != detailed:
        raise click.ClickException("the answers differ")


if __name__ == "__main__":
    main()
