"""Declarations of sources, read without dbt: the same contracts, each fault found."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.landing import read_contracts
from dagster_project.landing.declarations import (
    check_declarations,
    check_named,
    read_declarations,
)
from dagster_project.paths import DBT
from dagster_project.transforming import load_project
from tests.warehouse import Warehouse, write_seeds

GOOD = """\
sources:
  - name: crm
    config: {meta: {extract: {timezone: UTC, extracted_at: {fixed: 2026-01-31}}}}
    tables:
      - name: deals
        config:
          meta:
            extract: {files: [crm/*.csv], format: csv, mode: changes, key: [id]}
        columns: [{name: id}]
"""


def declared(tmp_path: Path, text: str) -> Path:
    folder = tmp_path / "models" / "staging" / "crm"
    folder.mkdir(parents=True)
    (folder / "_crm__sources.yml").write_text(text, encoding="utf-8")
    return tmp_path


def test_they_are_the_contracts_that_dbt_s_manifest_gives(warehouse: Warehouse) -> None:
    write_seeds(warehouse.root / "seeds", {})
    manifest = load_project(warehouse.settings).manifest
    ours = {"sources": dict(enumerate(each.node for each in read_declarations(DBT)))}
    assert read_contracts(ours, ()) == read_contracts(manifest, ())


def test_sound_declarations_have_no_finding(tmp_path: Path) -> None:
    assert check_declarations(declared(tmp_path, GOOD), ()) == []


@pytest.mark.parametrize(
    ("good", "bad", "line", "message"),
    [
        ("format: csv", "format: xls", 5, "xls"),
        ("timezone: UTC", "timezone: Vienna", 5, "Vienna"),
        ("mode: changes", "mod: changes", 5, "mod"),
        ("{fixed: 2026-01-31}", "{}", 5, "extracted_at"),
        ("tables:\n", "tables: [\n", 5, "cannot be read as YAML"),
        ("sources:\n  - name: crm\n", "sources:\n  - title: crm\n", 0, "a name"),
        ("      - name: deals\n", "      - title: deals\n", 0, "a name"),
        ("[{name: id}]", "[id]", 0, "a name"),
        (
            "{files: [crm/*.csv], format: csv, mode: changes, key: [id]}",
            "csv",
            5,
            "meta",
        ),
    ],
)
def test_a_fault_is_told_with_file_and_line(
    tmp_path: Path, good: str, bad: str, line: int, message: str
) -> None:
    [wrong] = check_declarations(declared(tmp_path, GOOD.replace(good, bad)), ())
    assert (wrong.file.name, wrong.line) == ("_crm__sources.yml", line)
    assert message in wrong.message


def test_a_source_that_the_project_does_not_name_is_told(tmp_path: Path) -> None:
    project = declared(tmp_path, GOOD)
    assert check_named(project, ["crm"]) == []
    [wrong] = check_named(project, ["hubspot"])
    assert (wrong.file.name, wrong.line) == ("_crm__sources.yml", 2)
    assert "source crm is not named below `vars: sources:`" in wrong.message


def test_check_lists_file_line_column_and_message_for_editors_and_ci(
    tmp_path: Path,
) -> None:
    dear = {"source_code": "s", "source_reason": "dear"}
    seeds = {
        "loss_reasons": [dear],
        "origins": [],
        "segment_rules": [],
        "scoring_rules": [],
    }
    write_seeds(tmp_path / "seeds", seeds)
    (tmp_path / "seeds" / "channels.csv").write_text(
        "source_code,source_channel,channel_code,channel_name\ns,M,all,Mail\n",
        encoding="utf-8",
    )
    environment = {
        "FUNNELHOUSE_SEEDS": str(tmp_path / "seeds"),
        "FUNNELHOUSE_DATA": str(tmp_path / "data"),
    }
    result = CliRunner().invoke(main, ["check", "--json"], env=environment)
    assert result.exit_code == 3
    told = json.loads(result.stdout)
    assert all(list(each) == ["file", "line", "column", "message"] for each in told)
    where = [(each["file"], each["line"], each["column"]) for each in told]
    assert where == [
        ("seeds/channels.csv", 2, "channel_code"),
        ("seeds/loss_reasons.csv", 1, ""),
    ]
    assert not (tmp_path / "data").exists()


def test_check_tells_an_alias_of_a_source_that_dbt_does_not_name(
    tmp_path: Path,
) -> None:
    declared = {"source_channel": "M", "channel_code": "m", "channel_name": "Mail"}
    sources = ("snowplow_web", "snowplow_wep")
    rows = [{"source_code": source, **declared} for source in sources]
    seeds = {"channels": rows, "origins": [], "segment_rules": [], "scoring_rules": []}
    write_seeds(tmp_path / "seeds", seeds)
    environment = {
        "FUNNELHOUSE_SEEDS": str(tmp_path / "seeds"),
        "FUNNELHOUSE_DATA": str(tmp_path / "data"),
    }
    result = CliRunner().invoke(main, ["check"], env=environment)
    assert result.exit_code == 3
    assert result.stderr == (
        "seeds/channels.csv:3: source_code 'snowplow_wep' is no source of "
        "dbt/dbt_project.yml; did you mean 'snowplow_web'?\n"
    )
