"""How far a night is: told to who waits at a terminal, by the nights before."""

import io
import os
import pty
import subprocess
import sys
from contextlib import nullcontext
from typing import Any

import pytest
from rich.console import Console

from dagster_project import showing
from dagster_project.estimating import Pace, in_words, mean_seconds, seconds_left
from dagster_project.night import Progress
from dagster_project.paths import Paths
from dagster_project.recording import RUN_STAT, write_record

EVENTS = [
    Progress("planned", "", total=4),
    Progress("began", "crm__deals"),
    Progress("ended", "crm__deals"),
    Progress("began", "mart"),
    Progress("told", "mart", "dbt success: fct_a"),
    Progress("ended", "mart"),
    Progress("ended", "published__report"),
]


def part(name: str, seconds: float, kind: str = "model") -> dict[str, Any]:
    made = {"step_code": "mart", "node_name": name, "resource_type": kind}
    return {**made, "status_code": "success", "duration_seconds": seconds}


NIGHT = [part("crm.deals", 2), part("fct_a", 6), part("report", 2)]


def remember(paths: Paths, number: int, *parts: dict[str, Any]) -> None:
    code = f"r{number:06}"
    rows = [{"night_code": code, **each} for each in parts]
    write_record(paths.run_stats, code, RUN_STAT, rows)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal of 120 columns is written."""
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=120)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(showing, "console", lambda stderr=False: terminal)
    monkeypatch.setattr(showing, "own_screen", lambda: nullcontext(terminal))
    return screen


def shown(paths: Paths, screen: io.StringIO) -> str:
    with showing.progress(paths) as observe:
        assert observe is not None
        for event in EVENTS:
            observe(event)
    return screen.getvalue()


def test_parts_take_what_they_took_on_average_and_tests_are_left_out() -> None:
    nights = [[part("a", 1), part("t", 9, "test")], [part("a", 3), part("b", 1)]]
    assert mean_seconds(nights) == {"a": 2, "b": 1}


def test_what_is_done_grows_with_each_part_that_is_through(paths: Paths) -> None:
    remember(paths, 1, *NIGHT)
    pace = Pace.of_nights_before(paths)
    assert pace.total == 10
    assert [pace.done(event) for event in EVENTS] == [0, 0, 2, 2, 8, 8, 10]


def test_nights_of_long_ago_do_not_count(paths: Paths) -> None:
    for number in range(1, 7):
        remember(paths, number, part("a", 100 if number == 1 else 4))
    assert Pace.of_nights_before(paths).seconds == {"a": 4}


@pytest.mark.parametrize(
    ("done", "total", "elapsed", "left"),
    [(5, 10, 20, 20), (8, 10, 40, 10), (0.4, 10, 5, None), (0, 0, 5, None)],
)
def test_the_rest_takes_as_long_as_the_speed_so_far_says(
    done: float, total: float, elapsed: float, left: float | None
) -> None:
    assert seconds_left(done, total, elapsed) == left


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "a few seconds left"), (44, "about 40 s left"), (150, "about 2 min left")],
)
def test_a_time_is_told_no_more_exactly_than_it_is(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_on_a_terminal_the_time_left_is_told(
    paths: Paths, watched: io.StringIO
) -> None:
    remember(paths, 1, *NIGHT)
    assert "a few seconds left" in shown(paths, watched)


def test_a_first_night_tells_no_time(paths: Paths, watched: io.StringIO) -> None:
    told = shown(paths, watched)
    assert "fct_a" in told
    assert "left" not in told


@pytest.mark.parametrize("name", ["CI", "TERM"])
def test_a_robot_is_told_lines_and_no_time(
    paths: Paths,
    watched: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    remember(paths, 1, *NIGHT)
    monkeypatch.setenv(name, "dumb" if name == "TERM" else "true")
    told = shown(paths, watched).splitlines()
    assert told == ["landing new files", "building marts"]


NIGHT_THAT_TAKES_STDERR = """
import os, time
from dagster_project.night import Progress
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from dagster_project.showing import progress

with progress(Paths.of(Settings.from_environment())) as observe:
    observe(Progress("planned", "", total=2))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    observe(Progress("told", "mart", "dbt success: fct_a"))
    time.sleep(0.5)
"""


def test_the_bar_moves_while_a_step_has_taken_stderr(paths: Paths) -> None:
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name != "CI"}
    told = {"FUNNELHOUSE_DATA": str(paths.data), "TERM": "xterm"}
    subprocess.run(
        [sys.executable, "-c", NIGHT_THAT_TAKES_STDERR],
        stderr=theirs,
        check=True,
        env={**inherited, **told},
    )
    os.close(theirs)
    written = os.read(ours, 65_536).decode()
    os.close(ours)
    assert "fct_a" in written
