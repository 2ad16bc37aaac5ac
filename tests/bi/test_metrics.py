"""Metrics asked by name answer what the marts say; a wrong definition is noticed."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import isclose
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.metrics import DEFINITIONS, Asked, MetricError, Metrics
from dagster_project.paths import DBT
from dagster_project.settings import ROOT
from tests.bi.bi_generations import a_conversion, a_quota, write_generation
from tests.bi.test_exposures import exposures
from tests.flow.installation import Installation

Definitions = dict[str, Any]
Keyed = dict[tuple[Any, ...], tuple[Any, ...]]
PAIR = ("from_stage_code", "to_stage_code", "horizon_days")
COHORTS = ((), ("pipeline_code",), ("channel_code",), ("pipeline_code", "channel_code"))


@dataclass(frozen=True)
class Check:
    """A question, and the mart's own answer: a row a cut, the same columns."""

    asked: Asked
    query: str

    def differences(self, folder: Path) -> Iterator[str]:
        cuts = len(self.asked.by)
        answer = keyed(Metrics(folder).ask(self.asked).rows, cuts)
        with duckdb.connect(str(folder / "funnelhouse.duckdb"), read_only=True) as file:
            expected = keyed(file.execute(self.query).fetchall(), cuts)
        assert expected, f"the mart has no row to compare with: {self.query}"
        for key in sorted({*answer, *expected}, key=str):
            if not is_same(answer.get(key), expected.get(key)):
                yield f"{self.asked} {key}: {answer.get(key)} != {expected.get(key)}"


def keyed(rows: Sequence[Sequence[Any]], cuts: int) -> Keyed:
    """By their cuts; what has no figure at all is left out."""
    found = {tuple(row[:cuts]): tuple(row[cuts:]) for row in rows}
    assert len(found) == len(rows)
    return {key: row for key, row in found.items() if set(row) != {None}}


def is_same(one: Sequence[Any] | None, other: Sequence[Any] | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(
        left is right
        or (None not in (left, right) and isclose(left, right, rel_tol=1e-12))
        for left, right in zip(one, other, strict=True)
    )


def total_unless(name: str, cut: Sequence[str]) -> str:
    return f"{name} {'<>' if name in cut else '='} 'all'"


# A month of which some channels alone are mature would be a part of itself.
WHOLE_MONTHS = """(cohort_month, horizon_days) not in (
    select (cohort_month, horizon_days) from marts.fct_monthly_conversions
    where not is_mature
)"""


def conversions() -> Iterator[Check]:
    """Each pair and horizon, by month and each cut: rows of the mart as they stand."""
    for kind, level in (("", "="), ("segment_", "<>")):
        segment = ("segment_code",) if kind else ()
        for cut in COHORTS:
            by = ("cohort_month", *segment, *cut, *PAIR)
            counts = (f"{kind}entered_count", f"{kind}converted_count")
            yield Check(
                Asked((f"{kind}conversion_rate", *counts), by),
                f"""
                select {", ".join(by)}, conversion_rate, entered_count, converted_count
                from marts.fct_monthly_conversions
                where {WHOLE_MONTHS} and segment_code {level} 'all'
                    and {total_unless("pipeline_code", cut)}
                    and {total_unless("channel_code", cut)}
                """,
            )


def conversions_of_a_quarter() -> Iterator[Check]:
    """Mature months add up; a rate is that of the sums."""
    yield Check(
        Asked(("conversion_rate", "entered_count"), ("quarter", *PAIR)),
        f"""
        select date_trunc('quarter', cohort_month)::date, {", ".join(PAIR)},
            sum(converted_count) / sum(entered_count), sum(entered_count)
        from marts.fct_monthly_conversions
        where {WHOLE_MONTHS} and segment_code = 'all' and pipeline_code = 'all'
            and channel_code = 'all'
        group by all
        """,
    )


def wins() -> Iterator[Check]:
    """From the pipeline's first stage to its first won stage, as the registry says."""
    for kind, level in (("", "="), ("segment_", "<>")):
        segment = ("segment_code",) if kind else ()
        for cut in (("pipeline_code",), ("pipeline_code", "channel_code"), ()):
            by = ("month", *segment, *cut, "horizon_days")
            columns = ", ".join(("cohort_month", *by[1:]))
            yield Check(
                Asked((f"{kind}win_rate",), by),
                f"""
                with ends as (
                    select pipeline_code,
                        min_by(stage_code, stage_order) as from_stage_code,
                        min_by(stage_code, stage_order) filter (is_won)
                            as to_stage_code
                    from marts.dim_stages
                    where not is_lost and valid_to is null
                    group by all
                )
                select {columns}, sum(converted_count) / sum(entered_count)
                from marts.fct_monthly_conversions
                inner join ends using (pipeline_code, from_stage_code, to_stage_code)
                where {WHOLE_MONTHS} and segment_code {level} 'all'
                    and {total_unless("channel_code", cut)}
                group by all
                """,
            )


def open_value() -> Iterator[Check]:
    """Of a longer time the last day; over stages and segments the sum."""
    figures = ("pipeline_value", "weighted_pipeline_value", "open_count", "stale_count")
    sums = "sum(open_amount), sum(weighted_amount), sum(open_count), sum(stale_count)"
    grains = (
        (("day",), "snapshot_date, ", "true"),
        (
            ("month",),
            "date_trunc('month', snapshot_date)::date, ",
            "snapshot_date = least(last_day(snapshot_date), as_of)",
        ),
        ((), "", "snapshot_date = as_of"),
    )
    for cut in ((), ("pipeline_code",), ("stage_code", "segment_code")):
        for grain, column, where in grains:
            yield Check(
                Asked(figures, (*grain, *cut)),
                f"""
                select {column} {"".join(f"{name}, " for name in cut)} {sums}
                from marts.fct_stage_snapshots
                cross join (
                    select max(snapshot_date) as as_of from marts.fct_stage_snapshots
                ) as known
                where {where} group by all
                """,
            )


def value_as_forecast() -> Iterator[Check]:
    """Another mart tells the same of the last day; who was deleted later is in no past
    forecast, so earlier days differ.
    """
    yield Check(
        Asked(("pipeline_value", "open_count"), ("pipeline_code",)),
        """
        select pipeline_code, open_amount, open_count
        from marts.fct_pipeline_forecast
        where is_as_of and stage_code = 'all' and segment_code = 'all'
            and close_code = 'all' and pipeline_code <> 'all'
        """,
    )


def cycles() -> Iterator[Check]:
    """Wins of owners and pipelines, how many, worth what, how long they took."""
    figures = ("won_count", "won_amount", "median_seconds_to_win", "sales_cycle_days")
    columns = (
        "nullif(won_count, 0), won_amount, median_seconds_to_win, "
        "median_seconds_to_win / 86400"
    )
    for cut, where in (
        ((), "pipeline_code = 'all' and team_code = 'all'"),
        (("pipeline_code",), "pipeline_code <> 'all' and team_code = 'all'"),
        (("owner_id",), "pipeline_code = 'all' and owner_id <> 'all'"),
        (("pipeline_code", "owner_id"), "pipeline_code <> 'all' and owner_id <> 'all'"),
    ):
        yield Check(
            Asked(figures, cut),
            f"""
            select {"".join(f"{name}, " for name in cut)} {columns}
            from marts.fct_owner_performance where {where}
            """,
        )


def quotas() -> Iterator[Check]:
    """Each quota as it stands."""
    by = ("period_start", "period_code", "pipeline_code", "owner_id", "team_code")
    by += ("metric_code",)
    for figure in ("attainment_rate", "coverage_rate"):
        yield Check(
            Asked((figure,), by),
            f"select {', '.join(by)}, {figure} from marts.fct_target_attainment",
        )


CHECKS: dict[str, Callable[[], Iterator[Check]]] = {
    "conversions": conversions,
    "conversions of a quarter": conversions_of_a_quarter,
    "wins": wins,
    "open value": open_value,
    "value as forecast": value_as_forecast,
    "sales cycles": cycles,
    "quotas": quotas,
}


def differences(folder: Path, name: str) -> Iterator[str]:
    for check in CHECKS[name]():
        yield from check.differences(folder)


@pytest.fixture(scope="module")
def published(installed: Installation) -> Path:
    return installed.paths.current.resolve()


@pytest.mark.parametrize("name", CHECKS)
def test_each_metric_answers_what_the_mart_says(published: Path, name: str) -> None:
    assert [*differences(published, name)] == []


def without(definitions: Definitions, metric: str, condition: str) -> None:
    """Take one condition out of a metric."""
    found = named(definitions, metric)["filter"]["where_filters"]
    kept = [each for each in found if condition not in each["where_sql_template"]]
    assert len(kept) == len(found) - 1
    found[:] = kept


def named(definitions: Definitions, metric: str) -> Definitions:
    (found,) = (each for each in definitions["metrics"] if each["name"] == metric)
    return dict(found)


def measures(definitions: Definitions, model: str) -> list[Definitions]:
    (found,) = (m for m in definitions["semantic_models"] if m["name"] == model)
    return list(found["measures"])


def add_up_days(definitions: Definitions) -> None:
    for measure in measures(definitions, "stage_snapshots"):
        measure["non_additive_dimension"] = None


def take_the_mean_cycle(definitions: Definitions) -> None:
    (cycle,) = (m for m in measures(definitions, "journeys") if m["agg"] == "median")
    cycle["agg"] = "average"
    cycle["agg_params"] = None


FAULTS: dict[str, tuple[str, Callable[[Definitions], None]]] = {
    "totals of pipelines counted again": (
        "conversions",
        lambda d: without(d, "entered_count", "pipeline_code"),
    ),
    "totals of channels counted again": (
        "conversions",
        lambda d: without(d, "converted_count", "channel_code"),
    ),
    "segments counted beside their total": (
        "conversions",
        lambda d: without(d, "entered_count", "segment_code"),
    ),
    "cohorts that are still watched": (
        "conversions of a quarter",
        lambda d: without(d, "conversion_rate", "is_mature"),
    ),
    "wins from any stage": (
        "wins",
        lambda d: without(d, "win_rate", "is_from_first"),
    ),
    "wins that are but the next step": (
        "wins",
        lambda d: without(d, "segment_win_rate", "is_to_sale"),
    ),
    "days added up": ("open value", add_up_days),
    "duplicates and losses among the wins": (
        "sales cycles",
        lambda d: without(d, "won_count", "outcome_code"),
    ),
    "the mean for the median": ("sales cycles", take_the_mean_cycle),
    "quotas that are over": (
        "quotas",
        lambda d: named(d, "coverage_rate")["type_params"].update(
            expr="mean_remaining_value"
        ),
    ),
}


def a_copy(
    published: Path, folder: Path, change: Callable[[Definitions], None]
) -> Path:
    """The same facts under definitions that were changed."""
    folder.mkdir()
    file = "funnelhouse.duckdb"
    (folder / file).symlink_to(published / file)
    definitions = json.loads((published / DEFINITIONS).read_text(encoding="utf-8"))
    change(definitions)
    (folder / DEFINITIONS).write_text(json.dumps(definitions), encoding="utf-8")
    return folder


@pytest.mark.parametrize("fault", FAULTS)
def test_a_metric_that_is_defined_wrongly_differs(
    published: Path, tmp_path: Path, fault: str
) -> None:
    check, change = FAULTS[fault]
    assert any(differences(a_copy(published, tmp_path / "copy", change), check))


@pytest.fixture
def of_uneven_sources(published: Path, tmp_path: Path) -> Path:
    """Of the newest mature month one channel is still watched, and so is the total."""
    folder = tmp_path / "uneven"
    shutil.copytree(published, folder)
    with duckdb.connect(str(folder / "funnelhouse.duckdb")) as facts:
        facts.execute(f"""
            update marts.fct_monthly_conversions as facts
            set is_mature = false
            from (
                select horizon_days, max(cohort_month) as month, min(channel_code)
                    filter (channel_code <> 'all') as channel
                from marts.fct_monthly_conversions where {WHOLE_MONTHS} group by all
            ) as newest
            where facts.horizon_days = newest.horizon_days
                and facts.cohort_month = newest.month
                and facts.channel_code in ('all', newest.channel)
        """)
    return folder


COHORT_CHECKS = ["conversions", "conversions of a quarter", "wins"]


@pytest.mark.parametrize("name", COHORT_CHECKS)
def test_a_month_counts_once_all_its_cohorts_are_mature(
    of_uneven_sources: Path, name: str
) -> None:
    assert [*differences(of_uneven_sources, name)] == []


def take_mature_rows(definitions: Definitions) -> None:
    (model,) = (m for m in definitions["semantic_models"] if m["name"] == "conversions")
    (mature,) = (d for d in model["dimensions"] if d["name"] == "is_mature")
    mature["expr"] = None


@pytest.mark.parametrize("name", COHORT_CHECKS)
def test_a_part_of_a_month_for_the_month_differs(
    of_uneven_sources: Path, tmp_path: Path, name: str
) -> None:
    faulty = a_copy(of_uneven_sources, tmp_path / "copy", take_mature_rows)
    assert any(differences(faulty, name))


MIXED = [
    Asked(("win_rate",)),
    Asked(("conversion_rate", "entered_count"), ("from_stage_code", "to_stage_code")),
    Asked(("converted_count",), ("month",), ("horizon_days=30",)),
    Asked(("segment_conversion_rate",), ("segment_code",), ("horizon_days=30",)),
]


@pytest.mark.parametrize("asked", MIXED, ids=str)
def test_a_question_that_mixes_cohorts_has_no_answer(
    published: Path, asked: Asked
) -> None:
    answer = Metrics(published).ask(asked)
    assert answer.rows
    assert {value for row in answer.rows for value in row[len(asked.by) :]} == {None}
    assert all("has no answer here" in reason for reason in answer.reasons)
    assert len(answer.reasons) == len(asked.metrics)


@pytest.fixture
def written(published: Path, tmp_path: Path) -> Callable[..., Metrics]:
    """Call it with rows by table: metrics of a generation that holds these."""

    def write(**tables: Any) -> Metrics:
        folder = write_generation(tmp_path / "g000001", tables)
        shutil.copyfile(published / DEFINITIONS, folder / DEFINITIONS)
        return Metrics(folder)

    return write


def test_quotas_of_one_level_add_up_and_others_do_not(
    written: Callable[..., Metrics],
) -> None:
    one = {"remaining_value": 400.0, "weighted_value": 100.0}
    two = {"remaining_value": 100.0, "weighted_value": 400.0}
    metrics = written(
        fct_target_attainment=[
            a_quota(owner_id="o1", **one),
            a_quota(owner_id="o2", **two),
            a_quota(team_code="t", remaining_value=500.0, weighted_value=500.0),
        ]
    )

    def coverage(*where: str) -> Any:
        return metrics.ask(Asked(("coverage_rate",), (), where)).rows[0][0]

    assert coverage("owner_id=o1") == 0.25
    assert coverage("team_code=all") == 1.0
    assert coverage("owner_id=all") == 1.0
    assert coverage() is None


@pytest.mark.parametrize(
    "other",
    [
        {"period_start": "2024-05-01"},
        {"period_code": "quarter"},
        {"metric_code": "won_count"},
        {"pipeline_code": "p"},
    ],
)
def test_quotas_of_another_kind_are_never_added(
    written: Callable[..., Metrics], other: dict[str, str]
) -> None:
    metrics = written(fct_target_attainment=[a_quota(), a_quota(**other)])
    asked = Asked(("coverage_rate", "attainment_rate"))
    assert metrics.ask(asked).rows == ((None, None),)


def test_pipelines_with_another_first_stage_have_one_win_rate(
    written: Callable[..., Metrics],
) -> None:
    pairs = [("p", "a", "c"), ("q", "x", "y")]
    names = ("pipeline_code", "from_stage_code", "to_stage_code")
    codes = [dict(zip(names, pair, strict=True)) for pair in pairs]
    flags = {"is_from_first": True, "is_to_sale": True}
    leaf = {"segment_code": "all", "channel_code": "h"}
    counts = [(10, 4), (30, 2)]
    metrics = written(
        dim_stage_pairs=[{**each, **flags} for each in codes],
        fct_monthly_conversions=[
            a_conversion(**each, **leaf, entered_count=n, converted_count=k)
            for each, (n, k) in zip(codes, counts, strict=True)
        ],
    )
    assert metrics.ask(Asked(("win_rate",))).rows == ((0.15,),)
    assert metrics.ask(Asked(("conversion_rate",))).rows == ((None,),)


def test_a_condition_compares_months_numbers_texts_and_flags(published: Path) -> None:
    def ask(*where: str) -> tuple[Any, ...]:
        return Metrics(published).ask(Asked(("entered_count",), ("month",), where)).rows

    pair = [
        f"{name}={value}" for name, value in zip(PAIR, a_pair(published), strict=True)
    ]
    first, *later = ask(*pair)
    assert later
    assert ask(*pair, f"month > {first[0]}") == tuple(later)
    assert ask(*pair, f"cohort_month='{first[0]}'") == (first,)
    assert ask(*pair, "is_mature=true", "pipeline_code != it's none") == (first, *later)
    assert isinstance(first[0], date)


def test_a_code_that_looks_like_a_number_is_a_code(
    written: Callable[..., Metrics],
) -> None:
    metrics = written(
        fct_target_attainment=[a_quota(owner_id="7"), a_quota(owner_id="somebody")]
    )
    asked = Asked(("coverage_rate",), ("owner_id",), ("owner_id=7",))
    assert metrics.ask(asked).rows == (("7", 1.0),)


def a_pair(published: Path) -> tuple[Any, ...]:
    with duckdb.connect(str(published / "funnelhouse.duckdb"), read_only=True) as file:
        found = file.execute(
            f"select {', '.join(PAIR)} from marts.fct_monthly_conversions "
            "where is_mature group by all order by count(*) desc, 1, 2, 3 limit 1"
        ).fetchone()
    assert found
    return found


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked(("wn_rate",)), "did you mean win_rate"),
        (Asked(("?",)), "`funnelhouse metrics` lists them"),
        (Asked(("win_rate",), ("monht",)), "did you mean month"),
        (Asked(("win_rate",), ("?",)), "there are day, week, month"),
        (Asked(("win_rate",), (), ("horizon_days",)), "no condition such as"),
        (Asked(("win_rate",), (), ("a={{ x }}",)), "no condition such as"),
        (Asked(("win_rate",), (), ("horizon=30",)), "did you mean horizon_days"),
        (Asked(("win_rate",), (), ("horizon_days=soon",)), "compares unlike things"),
    ],
    ids=str,
)
def test_a_question_that_cannot_be_asked_says_what_can(
    published: Path, asked: Asked, told: str
) -> None:
    with pytest.raises(MetricError, match=re.escape(told)):
        Metrics(published).ask(asked)


def test_a_generation_of_before_says_how_to_get_metrics(tmp_path: Path) -> None:
    with pytest.raises(MetricError, match=r"without metrics: `funnelhouse run`"):
        Metrics(tmp_path).all()


def test_inputs_of_metrics_are_not_listed(published: Path) -> None:
    listed = {each.name for each in Metrics(published).all()}
    definitions = json.loads((published / DEFINITIONS).read_text(encoding="utf-8"))
    inputs = {each["name"] for each in definitions["metrics"]} - listed
    assert {"win_rate", "coverage_rate", "pipeline_value", "sales_cycle_days"} <= listed
    assert all(name.startswith("mean_") or name.endswith("_count") for name in inputs)
    assert not [each.name for each in Metrics(published).all() if not each.description]


def test_no_input_of_a_metric_adds_cohorts_or_quotas_up(published: Path) -> None:
    definitions = json.loads((published / DEFINITIONS).read_text(encoding="utf-8"))
    for model in ("conversions", "quotas"):
        assert {each["agg"] for each in measures(definitions, model)} <= {
            "average",
            "count",
            "count_distinct",
        }


def test_metrics_are_asked_of_tables_that_readers_are_told_of() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for path in (DBT / "models" / "semantic").glob("*.yml")
    ]
    models = {
        model["model"].split("'")[1]
        for text in texts
        for model in yaml.safe_load(text)["semantic_models"]
    }
    assert sorted({*models, "dim_dates"}) == exposures()["metrics"]


def commands() -> list[list[str]]:
    """The commands that CONTRIBUTING gives for metrics."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.findall(r"^funnelhouse metrics.*$", text, flags=re.MULTILINE)
    return [shlex.split(line, comments=True)[1:] for line in found]


def test_the_commands_of_the_guide_answer(shown: Installation) -> None:
    assert len(commands()) >= 3
    for command in commands():
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 0, done.output
        assert "has no answer here" not in done.output
        assert len(done.output.splitlines()) > 1, done.output


def test_the_command_prints_rows_or_sql_or_says_what_is_wrong(
    shown: Installation,
) -> None:
    def call(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["metrics", *arguments])
        return done.exit_code, done.output

    where = ("--by", "month", "--where", "horizon_days=30")
    code, printed = call("win_rate", *where, "--json")
    assert code == 0
    assert {*json.loads(printed)[0]} == {"month", "win_rate"}
    assert "fct_monthly_conversions" in call("win_rate", *where, "--sql")[1]
    assert "has no answer here" in call("win_rate")[1]
    code, printed = call("wn_rate")
    assert (code, "did you mean win_rate" in printed) == (2, True)
    assert {each["name"] for each in json.loads(call("--json")[1])} >= {"win_rate"}


def test_asking_reaches_nothing_but_the_published_file(shown: Installation) -> None:
    """No address is asked, nothing is written, and the builder's file is not opened."""
    shown.paths.warehouse.rename(shown.paths.warehouse.with_suffix(".away"))
    before = {path: path.stat().st_mtime_ns for path in shown.paths.data.rglob("*")}
    program = (
        "import socket, sys\n"
        "def refuse(*_): raise SystemExit('an address was asked')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from dagster_project.cli import main\n"
        "main(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "metrics", "pipeline_value", "--by", "month"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    after = {path: path.stat().st_mtime_ns for path in shown.paths.data.rglob("*")}
    shown.paths.warehouse.with_suffix(".away").rename(shown.paths.warehouse)
    assert done.returncode == 0, done.stderr
    assert "pipeline_value" in done.stdout
    assert after == before
