"""Mistakes of a person at the keyboard: each is told apart, and told in words."""

import codecs
import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from dagster_project import locking
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


def test_a_misspelled_source_is_told_which_is_meant(tmp_path: Path) -> None:
    result = call(tmp_path, "check", FUNNELHOUSE_SOURCES="hubspots")
    assert "did you mean hubspot?" in result.output


@pytest.mark.parametrize(
    ("typed", "meant"), [("statsu", "status"), ("rolback", "rollback")]
)
def test_a_misspelled_command_is_told_which_is_meant(
    tmp_path: Path, typed: str, meant: str
) -> None:
    result = call(tmp_path, typed)
    assert result.exit_code == 2
    assert f"Did you mean '{meant}'?" in result.output


@pytest.mark.parametrize("exists", [True, False])
def test_a_night_without_extracts_says_at_once_where_they_go(
    tmp_path: Path, exists: bool
) -> None:
    extracts = tmp_path / "came"
    if exists:
        extracts.mkdir()
    data = tmp_path / "data"
    result = call(data, "run", FUNNELHOUSE_EXTRACTS=str(extracts))
    assert result.exit_code == 1
    assert f"put files into {extracts}" in result.output
    assert ("which is not there" in result.output) is not exists
    assert "FUNNELHOUSE_EXTRACTS" in result.output
    assert "funnelhouse sample" in result.output
    assert not (data / "warehouse").exists(), "nothing was parsed before"


def test_a_folder_of_seeds_that_is_none_is_told_once(tmp_path: Path) -> None:
    result = call(tmp_path, "check", FUNNELHOUSE_SEEDS=str(tmp_path / "sedes"))
    assert result.exit_code == 2
    assert f"FUNNELHOUSE_SEEDS: {tmp_path / 'sedes'} is no folder" in " ".join(
        result.output.split()
    )
    assert "is missing" not in result.output


@pytest.mark.parametrize("name", ["DATA", "EXTRACTS"])
def test_a_file_where_a_folder_belongs_is_told(tmp_path: Path, name: str) -> None:
    file = tmp_path / "file"
    file.touch()
    result = call(tmp_path, "status", **{f"FUNNELHOUSE_{name}": str(file)})
    assert result.exit_code == 2
    assert f"FUNNELHOUSE_{name}: {file} is a file" in " ".join(result.output.split())


COMMANDS = (
    *(["run"], ["sample"], ["docs"], ["reland"], ["explain", "fct_journeys"]),
    ["forget", "jane@example.com", "--yes"],
)


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_folder_that_cannot_be_made_is_told_in_words(
    tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "file").touch()
    result = call(tmp_path / "file" / "data", *arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit), result.exception
    assert f"{tmp_path / 'file'}" in result.output


@pytest.mark.parametrize("arguments", [["run"], ["docs"], ["reland"]])
def test_a_folder_that_may_not_be_written_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    def refused(path: Path) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(locking, "_taken", refused)
    (tmp_path / "extracts").mkdir()
    result = call(tmp_path, *arguments)
    assert result.exit_code == 1
    assert f"Error: {tmp_path / 'run.lock'}: Permission denied" in result.output
    assert "the right to write there" in result.output


@pytest.mark.parametrize("command", ["ui", "dashboard"])
def test_a_port_in_use_is_told_before_anything_starts(
    tmp_path: Path, command: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = call(tmp_path, command, "--port", port)
    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1 cannot be used" in result.output
    assert "another port with --port" in result.output


@pytest.mark.parametrize("command", ["ui", "dashboard"])
def test_a_port_that_is_none_is_an_error_of_usage(tmp_path: Path, command: str) -> None:
    assert call(tmp_path, command, "--port", "99999").exit_code == 2


def test_a_rollback_before_the_first_night_says_so(tmp_path: Path) -> None:
    result = call(tmp_path, "rollback")
    assert result.exit_code == 1
    assert "nothing is published in" in result.output


def as_excel_saves_utf8(text: str) -> bytes:
    return codecs.BOM_UTF8 + text.replace("\n", "\r\n").encode()


def as_german_excel_saves(text: str) -> bytes:
    return text.replace(",", ";").replace("\n", "\r\n").encode("cp1252", "replace")


@pytest.mark.parametrize(
    ("saved", "code", "said"),
    [
        (as_excel_saves_utf8, 0, "sound"),
        (as_german_excel_saves, 3, "seeds/stages.csv:1: is not separated by commas"),
    ],
)
def test_seeds_out_of_a_spreadsheet_are_read_or_refused_with_the_reason(
    tmp_path: Path, saved: Callable[[str], bytes], code: int, said: str
) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(ROOT / "seeds", seeds)
    for path in seeds.glob("*.csv"):
        path.write_bytes(saved(path.read_text(encoding="utf-8")))
    result = call(tmp_path / "data", "check", FUNNELHOUSE_SEEDS=str(seeds))
    assert result.exit_code == code
    assert said in result.output


def test_the_working_directory_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(tmp_path / "data", "check").exit_code == 0


def test_an_old_python_is_named_with_what_is_needed(tmp_path: Path) -> None:
    old = tmp_path / "python3.10"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.10.12 || exit 1\n')
    old.chmod(0o755)
    made = subprocess.run(
        ["make", "run", f"VENV={tmp_path / 'venv'}", f"PYTHON={old}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 2
    assert "Needs Python 3.11, 3.12 or 3.13; found: Python 3.10.12" in made.stderr
    assert "make run PYTHON=" in made.stderr
