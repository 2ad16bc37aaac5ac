"""Mistakes of a person at the keyboard: each is told apart, and told in words."""

import re
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from dagster_project.cli import main
from dagster_project.defs.transform import hint
from dagster_project.settings import ROOT
from dagster_project.transforming import Outcome
from expectations.wording import WORDINGS


def call(data: Path, *arguments: str, **more: str) -> Result:
    environment = {"FUNNELHOUSE_DATA": str(data), **more}
    return CliRunner().invoke(main, arguments, env=environment)


@pytest.mark.parametrize("command", ["run", "status", "check"])
def test_a_source_that_does_not_exist_is_an_error_of_usage(
    tmp_path: Path, command: str
) -> None:
    result = call(tmp_path, command, FUNNELHOUSE_SOURCES="maven_crm,hubspots")
    assert result.exit_code == 2
    assert "FUNNELHOUSE_SOURCES names hubspots" in result.output
    assert "maven_crm, olist" in result.output
    assert not list(tmp_path.iterdir())


def test_check_names_each_fault_of_the_seeds_by_file_and_line(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(ROOT / "seeds", seeds)
    with (seeds / "stage_aliases.csv").open("a", encoding="utf-8") as file:
        file.write("plain,,Stage a,nowhere,a,false,,\n")
    lines = (seeds / "stage_aliases.csv").read_text(encoding="utf-8").count("\n")
    result = call(tmp_path / "data", "check", FUNNELHOUSE_SEEDS=str(seeds))
    assert result.exit_code == 3
    assert f"seeds/stage_aliases.csv:{lines}: pipeline_code 'nowhere'" in result.output


@pytest.mark.parametrize(
    ("kind", "file", "is_hinted"),
    [
        ("seed", "../seeds/stages.csv", True),
        ("test", "../seeds/_seeds.yml", True),
        ("model", "models/marts/fct_a.sql", False),
    ],
)
@pytest.mark.parametrize("status", ["error", "fail"])
def test_a_night_that_stumbles_over_seeds_points_to_check(
    kind: str, file: str, is_hinted: bool, status: str
) -> None:
    outcome = Outcome("id", "name", kind, status, 0.0, 0.0, "message", file)
    assert ("`funnelhouse check`" in hint([outcome])) is is_hinted


def test_every_command_that_a_gate_names_exists() -> None:
    remedies = " ".join(wording.remedy for wording in WORDINGS.values())
    named = set(re.findall(r"`funnelhouse (\w+)", remedies))
    assert named
    assert isinstance(main, click.Group)
    assert named <= main.commands.keys()
