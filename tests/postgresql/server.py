"""A real PostgreSQL server of the tests' own, on loopback, gone when they are."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

# of a server that lives for a test
PASSWORD = "s3cret@of/the:tests"  # noqa: S105
ENCODED = "s3cret%40of%2Fthe%3Atests"
_INSTALLED = "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/*/bin"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "unix_socket_directories": "",
    "max_connections": "40",
}


@dataclass(frozen=True)
class Server:
    """Where it listens."""

    port: int

    def url(self, database: str = "postgres", user: str = "owner") -> str:
        return f"postgresql://{user}:{ENCODED}@127.0.0.1:{self.port}/{database}"

    def connect(
        self, database: str = "postgres", user: str = "owner", **more: Any
    ) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.url(database, user), **more)


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`; none where no server is installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    for pattern in _INSTALLED:
        folders += sorted(Path("/").glob(pattern.removeprefix("/")), reverse=True)
    whole = (each for each in folders if (each / "postgres").is_file())
    return next((each for each in whole if (each / "initdb").is_file()), None)


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server with a superuser `owner`, its data below a folder in /tmp."""
    who = _unprivileged()
    with tempfile.TemporaryDirectory(prefix="pg") as name:
        data, secret = Path(name) / "data", Path(name) / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        if who:
            for path in (Path(name), secret):
                os.chown(path, who["user"], who["group"])
        arguments = ["-D", data, "-U", "owner", "-A", "scram-sha-256", "-E", "UTF8"]
        _call([folder / "initdb", *arguments, "-N", "--pwfile", secret], who, name)
        server = Server(free_port())
        process = _started(folder, data, server, who)
        try:
            _wait(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: its data go with it
            process.wait(timeout=60)


def _started(
    folder: Path, data: Path, server: Server, who: dict[str, Any]
) -> "subprocess.Popen[bytes]":
    options = [f"--{name}={value}" for name, value in _SETTINGS.items()]
    with (data.parent / "log").open("wb") as log:
        return subprocess.Popen(
            [folder / "postgres", "-D", data, f"--port={server.port}", *options],
            stdout=log,
            stderr=log,
            cwd=data.parent,
            **who,
        )


def _wait(server: Server, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        try:
            server.connect(connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None:
                raise
        time.sleep(0.1)
    raise TimeoutError("the server did not come up in 30 s")


def _call(command: list[Any], who: dict[str, Any], folder: str) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd=folder, **who)


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL does not run as root; another user then, who has no groups."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
