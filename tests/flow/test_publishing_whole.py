"""What readers get: one whole generation, the same as Parquet and as DuckDB."""

import json
import re
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from dagster_project.cli import main
from tests.flow.conftest import GOOD, Story

pytestmark = pytest.mark.slow

FETCHED = re.compile(
    r"""(?:src|href|action|data)\s*=\s*["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//"""
    r"""|@import|\bfetch\(\s*["']http|<link\b[^>]*\bhref"""
)


def manifest_of(story: Story) -> dict[str, Any]:
    folder = story.at.paths.generation(story.mended.current)
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def test_readers_see_marts_and_nothing_else(story: Story) -> None:
    found = story.at.published(story.mended.current)(
        "select distinct schema_name from duckdb_tables()"
        " union select schema_name from duckdb_views() where not internal",
    )
    assert found == [("marts",)]


def test_a_reader_cannot_write_and_needs_no_log(story: Story) -> None:
    folder = story.at.paths.generation(story.mended.current)
    assert not list(folder.rglob("*.wal"))
    assert not list(folder.rglob("*.tmp"))
    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        story.at.published(story.mended.current)("create table marts.x as select 1")


def test_parquet_and_duckdb_hold_the_same_rows_of_every_mart(story: Story) -> None:
    folder = story.at.paths.generation(story.mended.current) / "marts"
    told = manifest_of(story)["tables"]
    assert {path.stem for path in folder.glob("*.parquet")} == set(told)
    with duckdb.connect() as connection:
        file = folder.parent / "funnelhouse.duckdb"
        connection.execute(f"attach '{file}' as published (read_only)")
        for name, table in told.items():
            theirs = f"from published.marts.{name}"
            ours = f"from read_parquet('{folder}/{name}.parquet')"
            differing = connection.execute(
                f"select count(*) from (({theirs} except all {ours})"
                f" union all ({ours} except all {theirs}))"
            ).fetchall()
            counted = connection.execute(f"select count(*) {ours}").fetchall()
            assert (name, differing, counted) == (name, [(0,)], [(table["rows"],)])


def test_every_part_of_the_night_is_measured_where_it_is_published(
    story: Story,
) -> None:
    found = story.at.published(story.mended.current)(
        "select step_code, resource_type, min(duration_seconds) > 0,"
        " min(memory_bytes) > 50_000_000 from marts.dq_run_stats"
        " where status_code in ('success', 'pass') and night_code ="
        " (select max(night_code) from marts.dq_run_stats)"
        " group by all order by all"
    )
    kinds = [("freeze", "asset"), ("gate", "gate"), ("landing", "source")]
    kinds += [("mart", "model"), ("mart", "test"), ("stage", "model")]
    assert found == [
        (*k, True, True) for k in [*kinds, ("stage", "seed"), ("stage", "test")]
    ]


def test_the_manifest_says_what_the_generation_is_a_function_of(story: Story) -> None:
    told = manifest_of(story)
    assert told["generation"] == story.mended.current
    assert told["as_of"] == "2026-02-11T23:59:59"
    assert "2026-02-11" in json.dumps(told["data_through"])
    assert set(told["fingerprints"]) == {"seeds", "code", "settings", "forgotten"}
    assert {file["file_name"] for file in told["files"]} >= set(GOOD)
    journeys = story.at.published(story.mended.current)(
        "select count(*) from marts.fct_journeys"
    )
    assert journeys == [(told["tables"]["fct_journeys"]["rows"],)]


def test_the_report_needs_nothing_from_outside(story: Story) -> None:
    folder = story.at.paths.generation(story.mended.current)
    page = (folder / "report" / "index.html").read_text(encoding="utf-8")
    assert story.mended.current in page
    assert "default-src 'none'" in page
    markup = re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)
    assert not FETCHED.findall(markup)
    assert not re.findall(r"<(?:script|img|iframe)\b[^>]*\bsrc", markup)


def test_every_file_that_the_report_links_to_is_there(story: Story) -> None:
    folder = story.at.paths.generation(story.mended.current)
    report = folder / "report" / "index.html"
    links = re.findall(r'href="(\.\./[^"]+)"', report.read_text(encoding="utf-8"))
    assert "../docs/index.html" in links
    assert [link for link in links if not (report.parent / link).is_file()] == []


def test_a_night_with_nothing_new_says_so_and_keeps_the_generation(
    story: Story,
) -> None:
    night = story.nothing_new
    assert (night.summary.exit_code, night.summary.outcome) == (0, "nothing to do")
    assert "no new file, seed or code" in night.summary.message
    assert night.generations == story.mended.generations
    assert night.current == story.mended.current
    assert night.published_bytes == story.mended.published_bytes
    assert "stage" not in night.summary.steps


def test_a_rollback_goes_back_and_forward_whole(story: Story) -> None:
    def call(*arguments: str) -> str:
        data = {"FUNNELHOUSE_DATA": str(story.at.paths.data)}
        result = CliRunner().invoke(main, ["rollback", *arguments], env=data)
        assert result.exit_code == 0, result.output
        return story.at.paths.current.resolve().name

    assert call() == story.good.current
    journeys = "select count(*) from marts.fct_journeys"
    forward = story.at.published(call("--generation", story.mended.current))
    assert forward(journeys) > story.at.published(story.good.current)(journeys)
