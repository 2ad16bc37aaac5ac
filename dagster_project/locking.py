"""One run at a time: a lock on `data/run.lock` that names who holds it."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

# flock is bound to the open file: a second open in this process would be refused too.
_held_here: set[Path] = set()


@dataclass(frozen=True)
class Holder:
    """The process that holds the lock."""

    pid: int
    host: str
    started_at: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.started_at}"


class LockHeldError(RuntimeError):
    """Another run holds the lock."""

    def __init__(self, path: Path, holder: Holder | None) -> None:
        self.holder = holder
        who = str(holder) if holder else "a process that has not said its name yet"
        super().__init__(
            f"{path}: another run holds the lock ({who}); "
            "wait until it has ended, or end it"
        )


@contextmanager
def run_lock(path: Path) -> Iterator[None]:
    """Hold the lock while the block runs; a holder that died has let go of it.

    Within a process that already holds it, the block just runs.

    Raises:
        LockHeldError: another process holds it.
    """
    if path in _held_here:
        yield
        return
    with _taken(path) as file:
        _sign(file)
        _held_here.add(path)
        try:
            yield
        finally:
            _held_here.discard(path)
            file.truncate(0)


def read_holder(path: Path) -> Holder | None:
    """Who signed the lock last; none when it was let go of in order."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    try:
        return Holder(**json.loads(text))
    except (ValueError, TypeError):
        return None


@contextmanager
def _taken(path: Path) -> Iterator[IO[str]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockHeldError(path, read_holder(path)) from error
        yield file


def _sign(file: IO[str]) -> None:
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    holder = Holder(os.getpid(), socket.gethostname(), started_at)
    file.truncate(0)
    file.write(json.dumps(asdict(holder)))
    file.flush()
