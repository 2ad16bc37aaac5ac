"""One run at a time, also when a run was killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dagster_project.locking import LockHeldError, read_holder, run_lock
from dagster_project.night import LOCKED, run_night
from dagster_project.paths import Paths
from dagster_project.settings import Settings

HOLD = """
import sys, time
from pathlib import Path
from dagster_project.locking import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder_of(lock: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_second_run_is_refused_and_told_who_holds_the_lock(paths: Paths) -> None:
    with (
        holder_of(paths.lock) as holder,
        pytest.raises(LockHeldError, match=f"process {holder.pid}"),
        run_lock(paths.lock),
    ):
        pass


def test_a_night_that_finds_the_lock_held_ends_with_4(
    settings: Settings, paths: Paths
) -> None:
    with holder_of(paths.lock):
        summary = run_night(settings)
    assert summary.exit_code == LOCKED == 4
    assert "another run holds the lock" in summary.message


def test_the_lock_of_a_killed_run_is_taken_over(paths: Paths) -> None:
    with holder_of(paths.lock) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with run_lock(paths.lock):
            signed = read_holder(paths.lock)
    assert signed is not None
    assert signed.pid == os.getpid()


def test_the_holder_may_ask_again(paths: Paths) -> None:
    with run_lock(paths.lock), run_lock(paths.lock):
        assert read_holder(paths.lock) is not None
    assert read_holder(paths.lock) is None


def test_a_lock_let_go_of_can_be_taken_again(paths: Paths) -> None:
    for _ in range(2):
        with run_lock(paths.lock):
            pass
