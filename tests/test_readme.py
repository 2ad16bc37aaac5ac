"""The README is true: its commands run, and print what it says they print."""

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS_FOLDER = Path(sys.executable).parent


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def sessions() -> list[tuple[str, list[str]]]:
    """Each command of the README, with the lines that it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for line in "".join(blocks("console")).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip():
            found[-1][1].append(" ".join(line.split()))
    return found


def run(command: str, data: Path) -> subprocess.CompletedProcess[str]:
    path = f"{COMMANDS_FOLDER}{os.pathsep}{os.environ['PATH']}"
    a_newcomers = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FUNNELHOUSE_")
    }
    return subprocess.run(
        command.split(),
        cwd=ROOT,
        env={**a_newcomers, "PATH": path, "FUNNELHOUSE_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme") / "data"


def test_make_knows_the_targets_that_the_readme_names(tmp_path: Path) -> None:
    targets = {command for command, _ in sessions() if command.startswith("make ")}
    targets |= set(re.findall(r"`(make [a-z]+)`", README))
    assert {"make run", "make test", "make dagster"} <= targets
    for target in targets:
        assert run(f"{target} --dry-run", tmp_path).returncode == 0, target


@pytest.mark.slow
def test_the_commands_run_in_order_and_print_what_is_said(data: Path) -> None:
    commands = [(c, said) for c, said in sessions() if c.startswith("funnelhouse ")]
    assert len(commands) >= 5
    for command, said in commands:
        done = run(command, data)
        printed = [" ".join(line.split()) for line in done.stdout.splitlines()]
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        for line in said:
            assert line in printed, f"{command} does not print {line!r}: {printed}"


@pytest.mark.slow
def test_the_query_answers_on_what_is_published(data: Path) -> None:
    (query,) = blocks("sql")
    facts = str(data / "published" / "current" / "funnelhouse.duckdb")
    with duckdb.connect(facts, read_only=True) as connection:
        assert len(connection.execute(query).fetchall()) == 12


@pytest.mark.slow
def test_every_published_table_stands_in_the_readme(data: Path) -> None:
    published = {p.stem for p in (data / "published/current/marts").glob("*.parquet")}
    named = set(re.findall(r"`((?:fct|dim|dq)_[a-z_]+)`", README))
    assert published == named


def test_the_readme_stays_short() -> None:
    assert len(README.splitlines()) < 150
