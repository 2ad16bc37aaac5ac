"""Nights as a scheduler starts them, in a process of their own, and what they leave."""

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.showing import STEPS
from dagster_project.transforming import environment
from tests.flow.installation import MADE, Installation
from tests.models.test_rebuild import Tables, assert_equal

COMMAND = "from dagster_project.cli import main; main()"
# What tells which night brought a row, or which generation: another after a kill.
OF_NIGHTS = frozenset({"_batch_id", "batch_id", "night_code", "generation"})
OF_CLOCKS = frozenset({"published_at", "decided_at", "duration_seconds"})
# The gates' results are of the night that judged, and so are the nodes' seconds.
NOT_COMPARED = frozenset(
    {"gate_results", "run_stats", "dq_gate_results", "dq_run_stats"}
)


@dataclass
class Run:
    """A night in its own process; `began` says when each of its steps was told."""

    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)
    began: dict[str, float] = field(default_factory=dict)

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def end(self) -> int:
        """Wait for it; its exit code."""
        code = self.process.wait()
        self._reader.join()
        return code

    def listen(self, on_step: Callable[[str], None] = lambda _: None) -> "Run":
        self._reader = threading.Thread(target=self._read, args=(on_step,))
        self._reader.start()
        return self

    def _read(self, on_step: Callable[[str], None]) -> None:
        steps = {text: step for step, text in STEPS.items()}
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            step = steps.get(line.strip())
            if step:
                self.began[step] = time.monotonic()
                on_step(step)


@dataclass(frozen=True)
class Kill:
    """Where a night is to be killed or told to end: so many seconds into a step."""

    step: str
    seconds: float

    @classmethod
    def at_random(cls, seed: str, took: Mapping[str, float]) -> "Kill":
        chance = random.Random(seed)  # noqa: S311
        step = chance.choice(sorted(took))
        return cls(step, chance.uniform(0, took[step]))

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s into {self.step}"


def start(at: Installation, how: Callable[[], None] | None = None, **more: str) -> Run:
    """Start a night; `how` is called in its process before it begins."""
    asked = {**os.environ, **environment(at.settings, at.paths), **more}
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=asked,
        preexec_fn=how,
    )
    return Run(process)


def night(
    at: Installation, how: Callable[[], None] | None = None, **more: str
) -> tuple[int, str]:
    """One night to its end: its exit code and all it said."""
    run = start(at, how, **more).listen()
    return run.end(), run.said


def killed_night(at: Installation, kill: Kill) -> bool:
    """Begin a night and kill it; whether the kill came before its end."""
    return signalled_night(at, kill, signal.SIGKILL)[0] == -signal.SIGKILL


def signalled_night(at: Installation, when: Kill, number: int) -> tuple[int, str]:
    """Begin a night and send it a signal: its exit code and all it said."""
    reached = threading.Event()
    run = start(at).listen(lambda step: reached.set() if step == when.step else None)
    while not reached.wait(0.05) and run.process.poll() is None:
        pass
    time.sleep(when.seconds)
    run.process.send_signal(number)
    return run.end(), run.said


def step_seconds(run: Run, ended: float) -> dict[str, float]:
    """What each step of an undisturbed night took."""
    moments = [*sorted(run.began.items(), key=lambda each: each[1]), ("", ended)]
    following = itertools.pairwise(moments)
    return {step: until - since for (step, since), (_, until) in following}


def put_back(at: Installation, kept: Installation) -> None:
    """The installation as it was kept; the parsed project stays."""
    for part in MADE:
        there, here = kept.root / part, at.root / part
        shutil.rmtree(here, ignore_errors=True)
        here.parent.mkdir(parents=True, exist_ok=True)
        if there.is_dir():
            shutil.copytree(there, here, symlinks=True)
        else:
            shutil.copyfile(there, here)
    for wal in at.paths.warehouse.parent.glob("*.wal"):
        wal.unlink()


def state(at: Installation) -> dict[str, Tables]:
    """The lake, the builder's marts and what readers have."""
    with duckdb.connect() as lake:
        tables = {
            "/".join(folder.relative_to(at.paths.lake).parts): _files(lake, folder)
            for folder in _lake_tables(at.paths.lake)
        }
    published = at.paths.current.resolve() / "funnelhouse.duckdb"
    return {
        "lake": tables,
        "warehouse": _marts(at.paths.warehouse),
        "published": _marts(published),
    }


def assert_as_undisturbed(at: Installation, undisturbed: Mapping[str, Tables]) -> None:
    """Lake, marts and publication equal, and nothing half done lies about."""
    found = state(at)
    for part, tables in undisturbed.items():
        assert_equal(found[part], tables)
    left = [*at.paths.data.rglob("*.tmp"), *at.paths.lake.glob(".scratch-*")]
    assert not left


def _lake_tables(lake: Path) -> list[Path]:
    tables = [path for path in lake.glob("[!_.]*/*") if path.is_dir()]
    tables += [path for path in (lake / "_records").iterdir() if path.is_dir()]
    tables += [lake / "_manifest", lake / "_rejects"]
    return sorted(path for path in tables if path.name not in NOT_COMPARED)


def _files(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[dict[str, Any]]:
    files = str(folder / "**" / "*.parquet")
    return _rows(
        connection.execute(
            "from read_parquet(?, union_by_name = true, hive_partitioning = false)",
            [files],
        )
    )


def _marts(file: Path) -> Tables:
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
        return {
            name: _rows(connection.execute(f'from marts."{name}"'))
            for (name,) in sorted(names)
            if name not in NOT_COMPARED
        }


def _rows(answer: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    left_out = OF_NIGHTS | OF_CLOCKS
    names = [column[0] for column in answer.description]
    return [
        {
            name: value
            for name, value in zip(names, row, strict=True)
            if name not in left_out
        }
        for row in answer.fetchall()
    ]
