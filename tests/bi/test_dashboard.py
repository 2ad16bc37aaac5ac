"""The dashboard's pages: their numbers are the marts', whatever a person chooses."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dagster_project.bi import slices
from dagster_project.bi.dashboard.app import PAGES
from dagster_project.bi.dashboard.drawing import SHOWN_ROWS
from dagster_project.bi.dashboard.opening import NothingPublishedError, open_current
from dagster_project.bi.dashboard.serving import (
    PortInUseError,
    call,
    refuse_used_port,
)
from dagster_project.bi.dashboard.views import pipeline
from dagster_project.bi.facts import TOTAL
from dagster_project.bi.listing import Listing, Query
from dagster_project.bi.slices import Cut
from dagster_project.paths import Paths
from dagster_project.publishing import drop_old_generations, switch
from tests.bi.conftest import OpenPage
from tests.flow.installation import Installation

Facts = duckdb.DuckDBPyConnection
COUNTS = "entered_count, touched_count, reached_count, in_order_count"


def words(page: AppTest) -> str:
    return " ".join(str(each.value) for each in page.markdown)


def choose(page: AppTest, **choices: str) -> AppTest:
    """Options by the key of their widget; the page is run anew."""
    for key, value in choices.items():
        page.selectbox(key=key).set_value(value)
    page.run()
    assert not page.exception, page.exception
    return page


def spec_of(page: AppTest, place: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        page.get("vega_lite_chart")[place].proto.spec  # type: ignore[attr-defined]
    )
    return found


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens(open_page: OpenPage, name: str) -> None:
    page = open_page(name)
    assert page.title[0].value == PAGES[name][0]
    assert not page.error


def test_the_funnel_counts_those_who_entered_as_the_mart_does(
    open_page: OpenPage, facts: Facts
) -> None:
    query = """
        select sum(entered_count) from marts.fct_segment_funnels
        where funnel_code = 'sales' and step_order = 1 and segment_code = ?
            and channel_code = 'all' and cohort_month >= ?
    """
    page = open_page("funnel")
    (entered,) = facts.execute(query, ["all", "0001-01-01"]).fetchone() or (0,)
    assert f"Journeys entered: **{entered:,}**" in words(page)
    month = page.selectbox(key="from_month").options[3] + "-01"
    choose(page, from_month=month, segment_code="other")
    (fewer,) = facts.execute(query, ["other", month]).fetchone() or (0,)
    # The funnel of all segments tells each of them too, beside their own funnels.
    choose(page, funnel_code="sales")
    assert 0 < fewer < entered
    assert f"Journeys entered: **{fewer:,}**" in words(page)


@pytest.mark.parametrize("funnel", ["sales", "partner"])
def test_stages_counted_from_journeys_are_the_steps_of_the_mart(
    facts: Facts, funnel: str
) -> None:
    counted = slices.stage_steps(facts, funnel, Cut()).records()
    assert counted
    for row in counted:
        assert facts.execute(
            """
            select sum(entered_count), sum(touched_count), sum(reached_count),
                sum(in_order_count)
            from marts.fct_segment_funnels
            where funnel_code = ? and step_code = ?
                and segment_code = 'all' and channel_code = 'all'
            """,
            [funnel, row["step_code"]],
        ).fetchone() == tuple(row[name] for name in COUNTS.split(", "))


@pytest.mark.parametrize("dimension", slices.JOURNEY_DIMENSIONS)
def test_members_of_a_dimension_add_up_to_the_whole(
    facts: Facts, dimension: str
) -> None:
    whole = slices.stage_steps(facts, "sales", Cut()).records()
    members = slices.members(facts, "fct_journeys", dimension)
    parts = [
        slices.stage_steps(facts, "sales", Cut(members={dimension: code})).records()
        for code, _ in members
    ]
    assert len(members) > 1
    for row in whole:
        for name in COUNTS.split(", "):
            assert row[name] == sum(
                each[name]
                for part in parts
                for each in part
                if each["step_code"] == row["step_code"]
            )


@pytest.mark.parametrize("measure", slices.MEASURES)
def test_behind_a_bar_are_as_many_journeys_as_it_counts(
    open_page: OpenPage, facts: Facts, measure: str
) -> None:
    steps = slices.funnels(facts, "sales", Cut()).records()
    row = next(row for row in steps if row["step_code"] == "demo_attended")
    page = choose(
        open_page("funnel"),
        funnel_code="sales",
        drill_step="demo_attended",
        drill_measure=measure,
    )
    assert f"{row[measure]:,} journeys" in words(page)
    (listed,) = [
        each.value for each in page.dataframe if "journey_id" in each.value.columns
    ]
    assert len(listed) == min(row[measure], SHOWN_ROWS)
    assert listed["journey_id"].is_unique


@pytest.mark.parametrize(
    ("rows_count", "named"),
    [
        (2, ["c", "d"]),
        (3, ["c", "d", "e"]),
        (4, ["c", "d", "e", "b"]),
        (5, ["c", "d", "e", "b", "a"]),
        (0, []),
    ],
)
def test_a_long_list_is_counted_and_begins_with_the_newest_those_undated_last(
    rows_count: int, named: list[str]
) -> None:
    told = """
        (values ('a', null), ('b', timestamp '2024-01-01'), ('e', '2024-03-01'),
            ('d', '2024-03-31'), ('c', '2024-03-31'), ('x', '2024-04-01'))
            as told (name, came_at)
    """
    listing = Listing(
        listed=Query(f"select * from {told} where name <> ?", ("x",)),
        latest=Query(f"select max(came_at), false from {told} where name <> ?", ("x",)),
        newest="came_at",
        key="name",
        clocks=("came_at", "told.came_at"),
    )
    with duckdb.connect() as connection:
        assert listing.count(connection) == 5
        first = listing.beginning(connection, rows_count)
        assert first.values("name") == named
        assert listing.all(connection).values("name") == ["c", "d", "e", "b", "a"]


def test_a_list_of_what_nobody_dated_begins_too() -> None:
    told = "(values ('b', null::timestamp), ('a', null)) as told (name, came_at)"
    listing = Listing(
        listed=Query(f"select * from {told} where true"),
        latest=Query(f"select max(came_at), false from {told}"),
        newest="came_at",
        key="name",
        clocks=("came_at",),
    )
    with duckdb.connect() as connection:
        assert listing.beginning(connection, 1).values("name") == ["a"]


def test_a_funnel_cut_by_region_lists_that_regions_journeys(
    open_page: OpenPage, facts: Facts
) -> None:
    region = slices.members(facts, "fct_journeys", "region_code")[0][0]
    page = choose(open_page("funnel"), region_code=region)
    listed = page.dataframe[-1].value
    assert set(listed["region_code"]) == {region}


def test_a_funnel_of_one_segment_stays_its_when_it_is_cut(
    open_page: OpenPage, facts: Facts
) -> None:
    region = slices.members(facts, "fct_journeys", "region_code")[0][0]
    page = choose(open_page("funnel"), funnel_code="sales_other")
    (whole,) = facts.execute(
        "select sum(entered_count) from marts.fct_segment_funnels where step_order = 1 "
        "and funnel_code = 'sales_other' and segment_code = 'all' "
        "and channel_code = 'all'"
    ).fetchone() or (0,)
    assert f"Journeys entered: **{whole:,}**" in words(page)
    assert not page.info, "its steps are stages alone, so its journeys have names"
    assert set(page.dataframe[-1].value["segment_code"]) == {"other"}
    choose(page, region_code=region)
    listed = page.dataframe[-1].value
    assert set(listed["segment_code"]) == {"other"}
    assert f"Journeys entered: **{len(listed):,}**" in words(page)
    assert 0 < len(listed) < whole


@pytest.mark.parametrize("dimension", ["campaign", "keyword"])
def test_a_stage_funnel_is_cut_by_campaign_and_keyword(
    open_page: OpenPage, facts: Facts, dimension: str
) -> None:
    member = next(
        code
        for code, _ in slices.members(facts, "fct_journeys", dimension)
        if code != "unknown"
    )
    page = choose(open_page("funnel"), **{dimension: member})
    (entered,) = facts.execute(
        f"select count(*) from marts.fct_journeys where {dimension} = ? "
        "and pipeline_code = 'sales' and not is_deleted and not is_duplicate",
        [member],
    ).fetchone() or (0,)
    assert entered
    assert f"Journeys entered: **{entered:,}**" in words(page)
    assert set(page.dataframe[-1].value[dimension]) == {member}


def test_a_generation_from_before_journeys_had_campaigns_is_shown_without(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shown: Installation,
    open_page: OpenPage,
) -> None:
    monkeypatch.setenv("FUNNELHOUSE_DATA", str(tmp_path))
    paths = Paths(tmp_path, tmp_path, tmp_path)
    folder = paths.generation("g000001")
    shutil.copytree(shown.paths.current.resolve(), folder)
    switch(paths, "g000001")
    told = folder / "manifest.json"
    manifest = json.loads(told.read_text(encoding="utf-8"))
    with duckdb.connect(str(folder / "funnelhouse.duckdb")) as connection:
        for column in ("campaign", "keyword"):
            connection.execute(f"alter table marts.fct_journeys drop {column}")
            del manifest["tables"]["fct_journeys"]["columns"][column]
    told.write_text(json.dumps(manifest), "utf-8")
    page = open_page("funnel")
    assert "campaign" not in {each.key for each in page.selectbox}
    assert "journey_id" in page.dataframe[-1].value.columns


def test_a_step_filled_by_customers_actions_says_that_it_cannot_name_its_journeys(
    open_page: OpenPage, facts: Facts
) -> None:
    page = choose(open_page("funnel"), segment_code="researcher")
    if "sales_researcher" not in page.selectbox(key="funnel_code").options:
        choose(page, funnel_code="sales_researcher")
    choose(page, drill_step="content_viewed")
    assert any("no published table" in each.value for each in page.info)


def test_conversions_are_those_of_the_mart_for_pair_and_horizon(
    open_page: OpenPage, facts: Facts
) -> None:
    page = choose(open_page("conversions"), pair="inquiry>won", horizon="90")
    entered, converted, months, mature = facts.execute(
        """
        select sum(entered_count) filter (is_mature),
            sum(converted_count) filter (is_mature),
            count(*), count(*) filter (is_mature)
        from marts.fct_monthly_conversions
        where pipeline_code = 'sales' and segment_code = 'all'
            and channel_code = 'all' and from_stage_code = 'inquiry'
            and to_stage_code = 'won' and horizon_days = 90
        """
    ).fetchone() or (0, 0, 0, 0)
    assert f"{converted:,} of {entered:,} journeys converted" in words(page)
    assert f"not yet mature: {months - mature} of {months}" in words(page)
    assert len(page.get("vega_lite_chart")) == 3


def test_the_pipeline_of_the_last_day_is_the_journeys_that_stand_there(
    open_page: OpenPage, facts: Facts
) -> None:
    page = open_page("pipeline")
    (open_count,) = facts.execute(
        """
        select sum(open_count) from marts.fct_stage_snapshots
        where pipeline_code = 'sales'
            and snapshot_date = (
                select max(snapshot_date) from marts.fct_stage_snapshots
            )
        """
    ).fetchone() or (0,)
    assert f"**{open_count:,}**" in words(page)
    stage = page.selectbox(key="open_stage").value
    (standing,) = facts.execute(
        """
        select sum(open_count) from marts.fct_stage_snapshots
        where pipeline_code = 'sales' and stage_code = ?
            and snapshot_date = (
                select max(snapshot_date) from marts.fct_stage_snapshots
            )
        """,
        [stage],
    ).fetchone() or (0,)
    assert f"{standing:,} journeys" in words(page)


def test_the_pipeline_ends_on_the_last_day_though_nobody_entered_in_its_month(
    open_page: OpenPage, facts: Facts
) -> None:
    last_day, last_entry = facts.execute(
        "select max(snapshot_date), (select max(cohort_month) "
        "from marts.fct_segment_funnels) from marts.fct_stage_snapshots"
    ).fetchone() or (None, None)
    assert last_entry < last_day.replace(day=1), "the sample ends on a first of month"
    assert f"open at the end of {last_day}" in words(open_page("pipeline"))


def test_what_is_open_is_worth_what_is_known_of_it() -> None:
    day = {"snapshot_date": date(2024, 4, 30)}
    said = {
        "**6**, worth EUR 1,500.": ((4, 1_500.0, 0), (2, 0.0, 0)),
        "**3**, worth EUR 20; 2 amounts among them have no exchange rate.": (
            (1, 20.0, 0),
            (2, 0.0, 2),
        ),
        "**3**.": ((3, 0.0, 0),),
    }
    columns = ("open_count", "open_amount", "unpriced_count")
    for words_of_it, rows in said.items():
        now = [day | dict(zip(columns, row, strict=True)) for row in rows]
        told = pipeline.in_words(now, "EUR")
        assert told == f"Journeys open at the end of 2024-04-30: {words_of_it}"


def test_event_steps_by_month_are_those_of_the_mart(facts: Facts) -> None:
    for row in slices.event_steps(facts, "website", Cut()).records():
        assert facts.execute(
            """
            select sum(entered_count), sum(reached_count), sum(excluded_count)
            from marts.fct_event_funnels
            where funnel_code = 'website' and not is_all_months
                and segment_code = 'all' and channel_code = 'all' and step_order = ?
            """,
            [row["step_order"]],
        ).fetchone() == (
            row["entered_count"],
            row["reached_count"],
            row["excluded_count"],
        )


CUTS = (
    {},
    {"region_code": "first"},
    {"campaign": "first"},
    {"region_code": "first", "product_code": "first"},
)


@pytest.mark.parametrize("chosen", [*CUTS, {"owner_id": "first"}], ids=str)
@pytest.mark.parametrize("by_key", [False, True])
def test_stages_broken_down_are_what_the_journeys_flags_count(
    facts: Facts, chosen: dict[str, str], by_key: bool
) -> None:
    cut = some_cut(facts, "fct_journeys", chosen, by_key)
    told = slices.stage_steps(facts, "sales", cut).records()
    with without(facts, "fct_stage_funnel_breakdowns"):
        counted = slices.stage_steps(facts, "sales", cut).records()
    assert told == counted
    assert any(row["reached_count"] for row in told)


@pytest.mark.parametrize("chosen", [*CUTS, {"device": "first"}], ids=str)
@pytest.mark.parametrize("by_key", [False, True])
def test_event_steps_broken_down_are_what_the_attempts_count(
    facts: Facts, chosen: dict[str, str], by_key: bool
) -> None:
    cut = some_cut(facts, "fct_funnel_attempts", chosen, by_key)
    told = slices.event_steps(facts, "website", cut).records()
    with without(facts, "fct_event_funnel_breakdowns"):
        counted = slices.event_steps(facts, "website", cut).records()
    assert told == counted
    assert any(row["reached_count"] for row in told)


@pytest.mark.parametrize("table", ["fct_journeys", "fct_funnel_attempts"])
def test_members_are_those_that_are_counted(facts: Facts, table: str) -> None:
    breakdowns = slices.BREAKDOWNS[table]
    for column in ("segment_code", "channel_code", "campaign", "region_code"):
        told = slices.members(facts, table, column)
        with without(facts, breakdowns):
            counted = slices.members(facts, table, column)
        assert told
        assert set(told) <= set(counted)


def some_cut(facts: Facts, table: str, chosen: dict[str, str], by_key: bool) -> Cut:
    """The most frequent member of each, in some months, by the marts' keys or not."""
    first = {name: slices.members(facts, table, name)[0][0] for name in chosen}
    known = slices.months(facts)
    keys = ("segment_code", "channel_code") if by_key else ()
    segment, channel = [slices.members(facts, table, name)[0][0] for name in keys] or (
        TOTAL,
        TOTAL,
    )
    return Cut(segment, channel, (known[1], known[-1]), first)


@contextmanager
def without(facts: Facts, table: str) -> Iterator[None]:
    """As in a generation that was published before there was that mart."""
    known = slices.has_table
    with patch.object(
        slices, "has_table", lambda at, name: name != table and known(at, name)
    ):
        yield


@pytest.mark.parametrize("dimension", ["campaign", "keyword"])
def test_an_event_funnel_is_cut_by_campaign_and_keyword(
    open_page: OpenPage, facts: Facts, dimension: str
) -> None:
    member = slices.members(facts, "fct_funnel_attempts", dimension)[-1][0]
    page = choose(open_page("events"), **{dimension: member})
    (begun,) = facts.execute(
        f"select count(*) from marts.fct_funnel_attempts "
        f"where coalesce({dimension}, 'unknown') = ?",
        [member],
    ).fetchone() or (0,)
    assert f"Attempts begun: **{begun:,}**" in words(page)


def test_two_segments_stand_side_by_side(open_page: OpenPage, facts: Facts) -> None:
    page = choose(open_page("compare"), a_segment_code="referred")
    choose(page, b_segment_code="other")
    choose(page, compare_funnel="sales")
    for segment in ("referred", "other"):
        steps = slices.funnels(facts, "sales", Cut(segment=segment)).records()
        entered = next(r for r in steps if r["funnel_code"] == "sales")
        assert f"Entered: **{entered['entered_count']:,}**" in words(page)
    assert len(page.get("vega_lite_chart")) == 2
    told = page.dataframe[-1].value
    difference = told["second_reached"] - told["first_reached"]
    assert told["difference"].tolist() == pytest.approx(difference.tolist())


def test_two_periods_stand_side_by_side(open_page: OpenPage, facts: Facts) -> None:
    page = choose(open_page("compare"), compare_way="period")
    months = slices.months(facts)
    choose(page, a_to_month=months[2], b_from_month=months[3])
    for span in ((months[0], months[2]), (months[3], months[-1])):
        row = slices.funnels(facts, "sales", Cut(months=span)).records()[0]
        assert f"Entered: **{row['entered_count']:,}**" in words(page)


def test_a_chart_takes_its_data_and_no_address(open_page: OpenPage) -> None:
    page = open_page("conversions")
    spec = spec_of(page)
    assert "url(" not in json.dumps(spec)
    assert "$schema" not in spec
    assert "http" not in json.dumps(spec)


def test_a_view_keeps_what_is_chosen_while_a_night_publishes_and_old_ones_go(
    shown: Installation, open_page: OpenPage
) -> None:
    page = choose(open_page("funnel"), segment_code="other")
    assert page.caption[0].value.endswith(" · days in UTC")
    before = shown.paths.current.resolve()
    publish_again(shown.paths, "g000090")
    page.run()
    assert not page.exception
    assert "UTC · generation g000090" in page.caption[0].value
    assert page.selectbox(key="segment_code").value == "other"
    assert not before.exists()


def test_a_view_that_is_open_stays_whole_when_its_generation_goes(
    shown: Installation,
) -> None:
    query = "select count(*) from marts.fct_journeys"
    with open_current(shown.paths) as view:
        counted = view.connection.execute(query).fetchone()
        publish_again(shown.paths, "g000091")
        assert not view.folder.exists()
        assert view.connection.execute(query).fetchone() == counted


def publish_again(paths: Paths, generation: str) -> None:
    """What is published, published anew; nothing older is kept."""
    now = paths.current.resolve()
    shutil.copytree(now, paths.generation(generation))
    told = paths.generation(generation) / "manifest.json"
    manifest = json.loads(told.read_text(encoding="utf-8"))
    told.write_text(json.dumps({**manifest, "generation": generation}), "utf-8")
    switch(paths, generation)
    drop_old_generations(paths, keep=1)


def test_before_the_first_night_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_page: OpenPage
) -> None:
    monkeypatch.setenv("FUNNELHOUSE_DATA", str(tmp_path))
    page = open_page("funnel")
    assert "funnelhouse run" in page.error[0].value
    with pytest.raises(NothingPublishedError), open_current(Paths(*[tmp_path] * 3)):
        pass


def test_a_damaged_generation_is_told_and_not_shown(tmp_path: Path) -> None:
    folder = tmp_path / "published" / "g000001"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    paths = Paths(tmp_path, tmp_path, tmp_path)
    switch(paths, "g000001")
    with (
        pytest.raises(NothingPublishedError, match="rollback"),
        open_current(paths),
    ):
        pass


def test_any_view_answers_soon(open_page: OpenPage) -> None:
    """Processor time, which other work on this machine does not lengthen."""
    page = open_page("funnel")
    took = []
    for _ in range(5):
        began = time.process_time()
        page.run()
        took.append(time.process_time() - began)
    assert sorted(took)[2] < 0.6


def test_a_port_in_use_is_told_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match="--port"):
            refuse_used_port("a dashboard", "127.0.0.1", port)
    refuse_used_port("a dashboard", "127.0.0.1", port)


def test_it_listens_to_this_machine_alone_and_tells_nobody() -> None:
    given = call("127.0.0.1", 8501)
    assert "--server.address=127.0.0.1" in given
    assert "--browser.gatherUsageStats=false" in given
    assert "--server.headless=true" in given
    assert "--server.allowedHosts=127.0.0.1" in given


def test_help_loads_no_streamlit() -> None:
    code = (
        "import sys; from dagster_project.cli import main\n"
        "try: main(['dashboard', '--help'])\n"
        "except SystemExit: print('streamlit' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False", done.stderr


def test_the_page_tells_whether_the_rules_are_sound(open_page: OpenPage) -> None:
    page = open_page("rules")
    page.button[0].click().run()
    assert not page.exception
    assert page.success[0].value == "These rules are sound."
