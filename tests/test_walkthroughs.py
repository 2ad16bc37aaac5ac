"""The walk-throughs of CONTRIBUTING are true: they show what it says that they show.

One bash types them, in a copy of the project; what a reader pastes into a file is
written to it.
"""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dagster_project.settings import ROOT

pytestmark = pytest.mark.slow
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTION = TEXT.partition("## Three walk-throughs\n")[2].partition("\n## ")[0]
STEP = re.compile(
    r"^```(?P<language>\w+)\n(?P<block>.*?)^```$"
    r"|goes the line `(?P<provided>acme: .+?)`",
    re.MULTILINE | re.DOTALL,
)
STAGING = "dbt/models/staging/acme"
PARTS = ("dagster_project", "dbt", "expectations", "seeds")
FILES = ("pyproject.toml", ".gitignore")
# Behind what each step prints, with the code that it ends with.
MARK = "\x1e"


@dataclass
class Step:
    """What is typed or pasted at once, and the lines that it is said to show."""

    typed: str
    said: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    code: int | None = None


def steps() -> Iterator[Step]:
    for found in STEP.finditer(SECTION):
        language, block = found["language"], found["block"]
        if found["provided"]:
            line = f"    {found['provided']}"
            yield Step(f"sed -i 's/^  sources:$/&\\n{line}/' dbt/dbt_project.yml")
        elif language == "sh":
            yield Step(block)
        elif language == "cron":
            command = block.split(maxsplit=5)[5]
            yield Step(command.replace("/srv/funnelhouse", '"$PWD"'))
        elif language in ("yaml", "sql"):
            yield Step(pasted(block))
        elif language == "console":
            yield from typed(block)


def pasted(block: str) -> str:
    named = re.match(r"-- (\w+\.sql)\n", block)
    file = f"{STAGING}/{named[1] if named else '_acme__sources.yml'}"
    return f"mkdir -p {STAGING}; cat > {file} <<'END OF FILE'\n{block}END OF FILE\n"


def typed(block: str) -> Iterator[Step]:
    for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, *said = command.splitlines()
        yield Step(line, [" ".join(each.split()) for each in said if each.strip()])


def copied(project: Path) -> Path:
    """A clone in which `make run` has been; what was parsed there need not be again."""
    left_out = shutil.ignore_patterns("__pycache__", "logs")
    for name in PARTS:
        shutil.copytree(ROOT / name, project / name, ignore=left_out)
    for name in FILES:
        shutil.copy(ROOT / name, project / name)
    for call in ("init --quiet", "add .", "commit --quiet -m made"):
        git(project, *call.split())
    (project / ".venv").symlink_to(sys.prefix)
    return project


def git(project: Path, *call: str) -> str:
    reader = ("-c", "user.name=reader", "-c", "user.email=reader@example.com")
    done = subprocess.run(
        ["git", *reader, "-c", "commit.gpgsign=false", *call],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def play(project: Path) -> list[Step]:
    """All steps, typed into one shell."""
    played = list(steps())
    script = "".join(f"{each.typed}\nprintf '{MARK}%s\\n' $?\n" for each in played)
    inherited = {k: v for k, v in os.environ.items() if "FUNNELHOUSE" not in k}
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=project,
        env={**inherited, "PYTHONPATH": str(project)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    shown, *parts = done.stdout.split(MARK)
    for step, part in zip(played, parts, strict=False):
        code, _, following = part.partition("\n")
        step.code, step.shown = int(code), shown.splitlines()
        shown = following
    return played


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("walkthrough") / "funnelhouse"
    made.mkdir()
    return copied(made)


@pytest.fixture(scope="module")
def played(project: Path) -> list[Step]:
    return play(project)


def test_every_step_ends_well(played: list[Step]) -> None:
    assert len(played) > 20
    failed = [each for each in played if each.code != 0]
    assert not failed, failed[0]


def test_every_step_shows_what_is_said(played: list[Step]) -> None:
    for step in played:
        shown = iter([" ".join(line.split()) for line in step.shown])
        missing = [line for line in step.said if line not in shown]
        assert not missing, f"{step.typed} does not show {missing}: {step.shown}"


def test_every_question_is_answered(played: list[Step]) -> None:
    asked = [step for step in played if step.typed.startswith("ask ")]
    assert len(asked) >= 8
    for step in asked:
        assert step.said, f"nothing is said of {step.typed}"
        assert len(step.said) == len(step.shown), step


def test_what_the_analyst_decides_is_seen_in_each_answer(played: list[Step]) -> None:
    answers: dict[str, list[list[str]]] = {}
    for step in played:
        if step.typed.startswith("ask "):
            answers.setdefault(step.typed, []).append(step.said)
    twice = [told for told in answers.values() if len(told) == 2]
    assert len(twice) == 3
    assert all(before != after for before, after in twice)


def blocks(language: str) -> list[str]:
    found = STEP.finditer(SECTION)
    return [each["block"] for each in found if each["language"] == language]


def test_what_cron_and_systemd_start_is_a_command_of_ours() -> None:
    (cron,) = blocks("cron")
    service = configparser.ConfigParser()
    service.optionxform = str  # type: ignore[assignment, method-assign]
    service.read_string(blocks("ini")[0])
    called = [
        re.split(r" && | >> ", cron)[1],
        service["Service"]["ExecStart"].removeprefix("/srv/funnelhouse/"),
    ]
    assert [shlex.split(each) for each in called] == [
        [".venv/bin/funnelhouse", "run"]
    ] * 2
    assert len(cron.split(" cd ")[0].split()) == 5


def test_cron_writes_what_the_night_says(played: list[Step], project: Path) -> None:
    log = (project / "data" / "night.log").read_text(encoding="utf-8")
    assert "no new file, seed or code since the last" in log


def test_at_the_end_the_clone_is_as_it_was(played: list[Step], project: Path) -> None:
    assert git(project, "status", "--porcelain") == "?? .venv\n"
    assert not (project / "data" / "try").exists()
