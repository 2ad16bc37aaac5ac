"""The report of a generation: one file, whole in itself, showing what is published."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import altair as alt
import duckdb
import pytest
from jsonschema import ValidationError

from dagster_project.bi import ReportError, report, write_report
from dagster_project.bi.charts import BY_MONTH, OF_FINDINGS
from dagster_project.bi.findings import FINDINGS
from tests.bi.bi_generations import (
    MANIFEST,
    STAGES,
    Publish,
    Rows,
    a_conversion,
    a_file,
    a_journey,
    a_snapshot,
    a_step,
    a_verdict,
    everything,
    write_generation,
)

BASIC = {"funnel", "rates", "incidences", "cohorts", "snapshots"}
# Files beside the report, which a person opens.
BESIDE = (
    "../report/quality.html",
    "../csv/fct_recovery_queue.csv",
    "../docs/index.html",
)
HOSTILE = "</script><script>alert(1)</script>"


class Page(HTMLParser):
    """What a browser would make of the page: tags, texts, scripts and links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.scripts: dict[str, str] = {}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag if tag in ("script", "style") else ""
        self.words += " " if tag in ("td", "th", "li") else ""
        if tag == "script":
            self._script = dict(attrs).get("id") or str(len(self.scripts))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[self._script] = self.scripts.get(self._script, "") + data
        elif not self._inside:
            self.words += data

    @property
    def sentences(self) -> str:
        return " ".join(self.words.split())

    @property
    def content(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.scripts["content"])
        return parsed

    def file(self, name: str) -> list[dict[str, str]]:
        """The rows of a CSV file that the page offers."""
        href = next(a["href"] for _, a in self.tags if a.get("download") == name)
        text = unquote((href or "").partition(",")[2]).lstrip("\ufeff")
        return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of a generation that holds a little of everything."""

    def publish(**tables: Rows) -> Path:
        return write_generation(tmp_path_factory.mktemp("full") / "g000001", tables)

    return read(full(publish))


def full(publish: Publish, **tables: Any) -> Path:
    return publish(
        **everything()
        | {
            "dim_stages": STAGES,
            "dim_segments": [{"segment_code": "s", "segment_name": "Seekers"}],
            "fct_journeys": [
                a_journey(),
                a_journey(home_amount=None),
                a_journey(outcome_code="bad", home_amount=30.0),
                a_journey(outcome_code="going", home_amount=7.0),
                a_journey(is_duplicate=True),
                a_journey(is_deleted=True),
            ],
            "fct_segment_funnels": [
                a_step(),
                a_step(cohort_month="2024-02-01", is_mature=False, entered_count=5),
                a_step(channel_code="web", entered_count=99),
            ],
            "fct_monthly_conversions": [
                a_conversion(),
                a_conversion(cohort_month="2024-03-01", is_mature=False),
                a_conversion(segment_code="s", entered_count=99),
            ],
            "fct_stage_snapshots": [
                a_snapshot(),
                a_snapshot(segment_code="t", open_count=3),
                a_snapshot(stage_code="unmapped", open_count=1),
            ],
            "dq_load_audit": [a_file(), a_file(rejected_count=0, message="1 short")],
        }
        | tables
    )


def read(generation: Path) -> Page:
    return Page(write_report(generation).read_text(encoding="utf-8"))


def rows(page: Page, name: str) -> list[dict[str, Any]]:
    table = page.content["data"][name]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def keys_named(tree: Any, key: str) -> Iterator[Any]:
    """Every value under this key, however deep."""
    if isinstance(tree, dict):
        yield from (value for name, value in tree.items() if name == key)
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from keys_named(branch, key)


def test_the_report_lies_in_the_generation_and_leaves_nothing_beside_it(publish):
    generation = full(publish)
    path = write_report(generation)
    assert path == generation / "report" / "index.html"
    assert [file.name for file in path.parent.iterdir()] == ["index.html"]


def test_the_same_generation_gives_the_same_bytes(publish):
    generation = full(publish)
    first = write_report(generation).read_bytes()
    assert write_report(generation).read_bytes() == first


def test_the_script_of_the_charts_is_put_together_once(publish, tmp_path, monkeypatch):
    generation = full(publish)
    whole = write_report(generation).read_bytes()
    assert write_report(generation, kept=tmp_path).read_bytes() == whole
    monkeypatch.setattr(report, "_bundle", lambda: pytest.fail("put together again"))
    assert write_report(generation, kept=tmp_path).read_bytes() == whole
    assert len(list(tmp_path.glob("charts-*.js"))) == 1


def test_the_page_refers_to_nothing_that_a_browser_would_fetch(publish):
    generation = full(publish)
    page = read(generation)
    fetched = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "srcset", "href", "data", "poster", "action")
        and not (value or "").startswith(("data:", "#"))
        and value not in BESIDE
    ]
    style = (generation / "report" / "index.html").read_text(encoding="utf-8")
    style = style.partition("<style>")[2].partition("</style>")[0]
    assert fetched == []
    assert "url(" not in style
    assert "@import" not in style
    assert not list(keys_named(page.content["charts"], "url"))
    assert "http" not in json.dumps(page.content)


def test_the_documentation_is_linked_where_it_is(publish):
    generation = full(publish)
    linked = 'href="../docs/index.html"'
    assert linked not in write_report(generation).read_text(encoding="utf-8")
    (generation / "docs").mkdir()
    (generation / "docs" / "index.html").touch()
    assert linked in write_report(generation).read_text(encoding="utf-8")


def test_the_browser_is_told_to_fetch_nothing(page):
    policy = next(
        a["content"]
        for _, a in page.tags
        if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert "default-src 'none'" in policy


def test_the_chart_library_is_in_the_page_once(page):
    holders = [text for text in page.scripts.values() if "window.vegaEmbed=" in text]
    assert len(holders) == 1
    assert len(holders[0]) > 500_000


def test_every_chart_names_data_that_the_page_holds(page):
    charts = page.content["charts"]
    assert {*charts} == {*BASIC, *OF_FINDINGS, *BY_MONTH}
    for spec in charts.values():
        named = {data["name"] for data in keys_named(spec, "data")}
        assert named
        assert all(page.content["data"][name]["rows"] for name in named)


def test_every_chart_is_one_that_vega_lite_takes(page):
    for spec in page.content["charts"].values():
        alt.Chart.from_dict(spec, validate=True)


def test_a_spec_that_vega_lite_would_not_take_is_seen(page):
    wrong = page.content["charts"]["funnel"] | {"height": ["tall"]}
    with pytest.raises(ValidationError, match="tall"):
        alt.Chart.from_dict(wrong, validate=True)


def test_every_chart_has_its_place_and_a_description(page):
    places = {attributes.get("id") for _, attributes in page.tags}
    for name, spec in page.content["charts"].items():
        assert f"chart-{name}" in places
        assert spec["description"]


def test_every_param_of_a_chart_is_one_the_page_sets(page):
    known = {"pipeline", "funnel", "segment", "pair", "horizon", "top"}
    for spec in page.content["charts"].values():
        assert {param["name"] for param in spec["params"]} <= known


def test_outcomes_are_counted_by_the_registry_s_flags_and_valued(page):
    assert "Won 2 EUR 100 1 of them without a value" in page.sentences
    assert "Lost 1 EUR 30" in page.sentences
    assert "Open 1 EUR 7" in page.sentences
    assert "Journeys in all: 4; value in EUR" in page.sentences


def test_journeys_set_aside_are_said_and_not_counted(page):
    assert "duplicates 1, deleted 1" in page.sentences


def test_a_generation_without_outcomes_counted_counts_single_journeys(publish):
    journeys = [
        a_journey(),
        a_journey(pipeline_code=None, is_duplicate=None, home_amount=None),
        a_journey(outcome_code="going", is_deleted=None, home_amount=7.0),
        a_journey(pipeline_code="gone", is_deleted=True, is_duplicate=None),
        a_journey(pipeline_code="gone", is_deleted=True, is_duplicate=True),
        a_journey(is_deleted=None, is_duplicate=True),
    ]
    known = {"dim_stages": STAGES, "fct_journeys": journeys}
    generation = publish(**known)
    counted = write_report(generation).read_bytes()
    words = read(generation).sentences
    assert "Journeys in all: 3; value in EUR" in words
    assert "duplicates 2, deleted 1" in words
    assert "gone" not in words
    with duckdb.connect(str(generation / "funnelhouse.duckdb")) as connection:
        connection.execute("drop table marts.fct_journey_outcomes")
    assert write_report(generation).read_bytes() == counted


def test_what_a_generation_had_no_mart_for_is_not_said_to_be_nobody(tmp_path, publish):
    nobody = "No inquiry is known"
    assert nobody in read(publish()).sentences
    earlier = write_generation(tmp_path / "earlier", {}, ["fct_inquiry_months"])
    assert nobody not in read(earlier).sentences


def test_journeys_by_outcome_are_read_and_not_counted_again(publish):
    told = {
        "pipeline_code": "p",
        "outcome_code": "good",
        "journeys_count": 4,
        "home_amount": 30.0,
        "unvalued_count": 1,
        "deleted_count": 5,
        "duplicate_count": 6,
    }
    march = dict(told, cohort_month="2024-03-01", journeys_count=2)
    words = read(
        publish(
            dim_stages=STAGES,
            fct_journeys=[a_journey()],
            fct_journey_outcomes=[told, march],
        )
    ).sentences
    assert "Won 6 EUR 60 2 of them without a value" in words
    assert "duplicates 12, deleted 10" in words


@pytest.mark.parametrize("name", ["recovery", "inquiries"])
def test_a_generation_without_a_finding_s_mart_shows_all_else(publish, name):
    mart = FINDINGS[name].mart
    page = read(full(publish, without=[mart]))
    assert {*page.content["charts"]} == {*BASIC, *OF_FINDINGS, *BY_MONTH} - {name}
    assert f"published before there was {mart}; the next night" in page.sentences


def test_an_outcome_that_no_stage_has_stays_in_the_count(publish):
    generation = publish(
        dim_stages=STAGES, fct_journeys=[a_journey(outcome_code="strange")]
    )
    assert "Journeys in all: 1;" in read(generation).sentences


def test_as_of_and_what_each_source_reaches_are_in_the_headline(page):
    times = [a["datetime"] for tag, a in page.tags if tag == "time"]
    assert times[:2] == [MANIFEST["as_of"], "2024-04-30T23:59:59"]
    assert "days in Europe/Vienna" in page.sentences


def test_a_source_without_any_data_is_not_listed(page):
    assert "crm through" in page.sentences
    assert "silent through" not in page.sentences


def test_a_generation_without_a_manifest_goes_by_its_folder(publish):
    generation = publish(dim_stages=STAGES, fct_journeys=[a_journey()])
    (generation / "manifest.json").unlink()
    words = read(generation).sentences
    assert "generation g000001" in words
    assert "Won 1 100 " in words


def test_a_funnel_adds_up_counts_of_months_and_takes_all_channels(page):
    (step,) = rows(page, "funnel")
    assert step["entered_count"] == 15
    assert step["entered_immature_count"] == 5
    assert step["reached_count"] == 18
    assert step["step_name"] == "A"
    assert (step["first_month"], step["last_month"]) == ("2024-01-01", "2024-02-01")


def test_funnels_stand_in_order_of_the_journeys_that_entered_them(publish):
    few, many = a_step(), a_step(funnel_code="g", pipeline_code="q", entered_count=11)
    page = read(publish(dim_stages=STAGES, fct_segment_funnels=[few, many]))
    assert [row["funnel_code"] for row in rows(page, "funnel")] == ["g", "f"]


def test_several_segments_stand_side_by_side_under_their_names(publish):
    segments = [a_step(segment_code=code) for code in ("all", "t", "s")]
    page = read(publish(**everything() | {"fct_segment_funnels": segments}))
    (domain,) = (
        colour["scale"]["domain"]
        for colour in keys_named(page.content["charts"]["segments"], "color")
        if "scale" in colour
    )
    assert domain == ["Seekers", "Takers"]


def test_the_total_of_pipelines_shows_any_funnel_that_is_chosen(page):
    (chosen,) = (
        step["filter"]
        for step in page.content["charts"]["funnel"]["transform"]
        if "filter" in step
    )
    assert "pipeline == 'all' || pipeline == datum.pipeline_code" in chosen


def test_conversions_are_the_published_rows_of_all_segments(page):
    found = rows(page, "conversions")
    assert [row["entered_count"] for row in found] == [10, 10]
    assert [row["is_mature"] for row in found] == [True, False]
    assert [row["to_stage_name"] for row in found] == ["C", "C"]


def test_a_pair_whose_stage_has_no_name_keeps_its_row(publish):
    strange = a_conversion(to_stage_code="nameless")
    (row,) = rows(
        read(publish(dim_stages=STAGES, fct_monthly_conversions=[strange])),
        "conversions",
    )
    assert row["to_stage_name"] == "nameless"


def test_a_month_without_a_row_still_has_its_place_on_the_axis(page):
    spec = page.content["charts"]["cohorts"]
    (domain,) = (
        scale["domain"] for scale in keys_named(spec["encoding"]["x"], "scale")
    )
    assert domain == ["2024-01-01", "2024-02-01", "2024-03-01"]


def test_a_month_not_mature_is_drawn_hollow_and_hatched(page):
    spec = json.dumps(page.content["charts"]["rates"])
    assert "url(#hatch)" in spec
    assert "not yet mature" in spec
    assert '"test": "datum.is_mature"' in spec


def test_snapshots_add_up_segments(page):
    found = rows(page, "snapshots")
    assert [(row["stage_code"], row["open_count"]) for row in found] == [
        ("a", 8),
        ("unmapped", 1),
    ]


def test_stages_stand_in_the_order_of_the_registry_with_strangers_last(publish):
    codes = ["unmapped", "b", "a"]
    days = [a_snapshot(stage_code=code) for code in codes]
    page = read(publish(dim_stages=STAGES, fct_stage_snapshots=days))
    (domain,) = (
        scale["domain"]
        for scale in keys_named(page.content["charts"]["snapshots"], "scale")
        if "domain" in scale
    )
    assert domain == ["a", "b", "unmapped"]


def test_every_stage_of_the_chart_by_day_stands_in_its_key(page):
    keyed = [a["data-stage"] for _, a in page.tags if "data-stage" in a]
    assert keyed == ["a", "unmapped"]


def test_a_single_day_is_a_bar_and_a_history_an_area(publish):
    one, two = a_snapshot(), a_snapshot(snapshot_date="2024-04-29")
    generation = publish(dim_stages=STAGES, fct_stage_snapshots=[one, two])
    history = list(keys_named(read(generation).content["charts"]["snapshots"], "type"))
    with duckdb.connect(str(generation / "funnelhouse.duckdb")) as connection:
        connection.execute(
            "delete from marts.fct_stage_snapshots where day(snapshot_date) = 29"
        )
    single = list(keys_named(read(generation).content["charts"]["snapshots"], "type"))
    assert ("area" in history, "bar" in history) == (True, False)
    assert ("area" in single, "bar" in single) == (False, True)


def test_a_stage_bears_the_name_it_was_given_last(publish):
    old = dict(STAGES[0], stage_name="Old", valid_to="2024-02-01")
    new = dict(STAGES[0], stage_name="New", valid_from="2024-02-01")
    (step,) = rows(
        read(publish(dim_stages=[old, new], fct_segment_funnels=[a_step()])), "funnel"
    )
    assert step["step_name"] == "New"


def test_a_long_history_is_drawn_weekly_and_ends_on_its_last_day(publish):
    generation = publish(dim_stages=STAGES)
    with duckdb.connect(str(generation / "funnelhouse.duckdb")) as connection:
        connection.execute(
            "insert into marts.fct_stage_snapshots by name "
            "select (date '2024-04-30' - n::integer) as snapshot_date, "
            "'p' as pipeline_code, 'b' as stage_code, 1 as open_count "
            "from range(900) as days(n)"
        )
    days = sorted({r["snapshot_date"] for r in rows(read(generation), "snapshots")})
    assert len(days) == 129
    assert days[-2:] == ["2024-04-23", "2024-04-30"]


def test_the_accounting_shows_what_is_left_over(page):
    (row,) = page.file("load_audit.csv")
    assert row["physical_count"] == "20"
    assert row["unaccounted_count"] == "1"


def test_a_remark_on_a_file_is_shown(page):
    assert "crm/deal.csv landed: 1 short" in page.sentences


def test_what_the_gates_said_is_shown_failures_first(publish):
    results = [
        a_verdict(rule_code="fine"),
        a_verdict(rule_code="wrong", is_passed=False),
    ]
    words = read(publish(dim_stages=STAGES, dq_gate_results=results)).sentences
    assert "1 of 2 rules passed" in words
    broken, held = "wrong ✗ failed marts block", "fine ✓ passed marts block"
    assert words.index(broken) < words.index(held)


def a_part(night_code, node_name, seconds, rows, step_code="mart"):
    return {
        "night_code": night_code,
        "step_code": step_code,
        "node_name": node_name,
        "resource_type": "model",
        "duration_seconds": seconds,
        "rows_count": rows,
        "memory_bytes": 300 * 1024 * 1024,
    }


def test_growth_of_a_part_is_seen_beside_the_night_before(publish):
    parts = [
        a_part("r000001", "quick", 0.5, 10),
        a_part("r000001", "growing", 2.0, 1000),
        a_part("r000002", "quick", 0.5, 10),
        a_part("r000002", "growing", 6.0, 3000),
        a_part("r000002", "raw", 1.5, 40, step_code="landing"),
    ]
    words = read(publish(dim_stages=STAGES, dq_run_stats=parts)).sentences
    nights = words.replace("\N{EN DASH}", "none")
    assert "r000002 1.5 6.5 none none 40 300 r000001 none 2.5 none" in nights
    assert "growing mart 6.0 2.0 3,000 1,000 300" in words
    assert words.index("growing mart") < words.index("quick mart")


def test_a_generation_without_run_stats_says_so(publish):
    words = read(publish(dim_stages=STAGES, without=["dq_run_stats"])).sentences
    assert "No night has been measured" in words


def test_a_generation_without_gate_results_says_so(publish):
    words = read(publish(dim_stages=STAGES, without=["dq_gate_results"])).sentences
    assert "No gate has been recorded" in words


def test_with_no_rows_at_all_sentences_stand_for_charts(publish):
    page = read(publish())
    assert page.content["charts"] == {}
    for sentence in (
        "No journey is known yet",
        "No journey has entered a funnel yet",
        "there is no conversion to measure",
        "No journey has stood in an open stage yet",
        "No file has been landed yet",
        "No gate has been recorded",
    ):
        assert sentence in page.sentences


def test_a_label_that_holds_a_script_stays_a_text(publish):
    hostile = [dict(stage, stage_name=HOSTILE) for stage in STAGES]
    remark = a_file(message=HOSTILE, source_code=HOSTILE, file_name=HOSTILE)
    generation = full(publish, dim_stages=hostile, dq_load_audit=[remark])
    whole = write_report(generation).read_text(encoding="utf-8")
    page = Page(whole)
    assert "<script>alert" not in whole
    assert sum(tag == "script" for tag, _ in page.tags) == 3
    assert HOSTILE in page.sentences
    assert rows(page, "funnel")[0]["step_name"] == HOSTILE


def test_a_rule_s_code_that_holds_a_script_stays_a_text(publish):
    generation = publish(dq_gate_results=[a_verdict(rule_code=f"_{HOSTILE}")])
    whole = write_report(generation).read_text(encoding="utf-8")
    assert "<script>alert" not in whole
    assert f"_{HOSTILE}" in Page(whole).sentences


def test_a_stage_s_name_cannot_leave_the_expression_it_is_used_in(publish):
    name = """'"]+alert(1)//"""
    days = [a_snapshot(stage_code=name)]
    page = read(publish(dim_stages=STAGES, fct_stage_snapshots=days))
    calculations = keys_named(page.content["charts"]["snapshots"], "calculate")
    assert any(json.dumps(name) in calculation for calculation in calculations)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " ="])
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(publish, start):
    evil = f"{start}cmd()"
    page = read(publish(dim_stages=STAGES, dq_load_audit=[a_file(source_code=evil)]))
    (row,) = page.file("load_audit.csv")
    assert row["source_code"] == f"'{evil}"


def test_a_negative_number_stays_a_number_in_a_file(publish):
    page = read(publish(dim_stages=STAGES, dq_load_audit=[a_file(landed_count=12)]))
    (row,) = page.file("load_audit.csv")
    assert row["unaccounted_count"] == "-3"


def test_every_chart_s_data_can_be_had_as_a_file(page):
    offered = {a["data-csv"] for _, a in page.tags if "data-csv" in a}
    assert offered >= {*page.content["uses"].values()}
    assert offered <= {*page.content["data"]}


def test_several_pipelines_are_listed_beside_their_total(publish):
    journeys = [a_journey(), a_journey(pipeline_code="q", outcome_code="going")]
    words = read(publish(dim_stages=STAGES, fct_journeys=journeys)).sentences
    assert "By pipeline" in words
    assert re.search(r"\bq 1 0 \W 0 \W 1 EUR 100\b", words)


def test_without_a_warehouse_the_error_names_the_remedy(tmp_path):
    with pytest.raises(ReportError, match=r"funnelhouse\.duckdb.*funnelhouse run"):
        write_report(tmp_path)
