"""Superset's own tables, our dashboard in them, and the server; by its own environment.

`make superset` runs it. Everything lies below one folder, and is made anew without it.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

HERE = Path(__file__).resolve().parent
BUNDLE = HERE / "conversion_facts"
READER = "FUNNELHOUSE_READER_URL"
USER = "admin"


@dataclass(frozen=True)
class Superset:
    """An installed Superset, and the folder with its tables, key and password."""

    installed: Path
    home: Path
    reader: str

    @property
    def password(self) -> str:
        """Of the user `admin`: made once, readable by us alone."""
        return _secret(self.home / "password")

    def prepare(self) -> None:
        """Make Superset's tables, and put the dashboard in as the bundle has it.

        Raises:
            subprocess.CalledProcessError: Superset refused; `output` says why.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        self._call("db", "upgrade")
        ready = self.home / "ready"
        if not ready.is_file():
            self._make_user()
            self._call("init")
            ready.touch()
        bundle = zip_bundle(self.home)
        self._call("import-dashboards", "--path", str(bundle), "--username", USER)

    def server(self, port: int) -> list[str]:
        """What serves it, to this machine alone."""
        gunicorn = str(self.installed / "bin" / "gunicorn")
        bound = ["--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "8"]
        bound += ["--no-control-socket", "--timeout", "120"]
        return [gunicorn, *bound, "superset.app:create_app()"]

    @property
    def environment(self) -> dict[str, str]:
        """What Superset is told; where Python looks besides is not for it."""
        ours = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        return ours | {
            "FLASK_APP": "superset",
            "SUPERSET_HOME": str(self.home),
            "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
            "SUPERSET_SECRET_KEY": _secret(self.home / "key"),
            READER: self.reader,
        }

    def _make_user(self) -> None:
        names = ["--firstname", "Sales", "--lastname", "Operations"]
        names += ["--email", "admin@localhost"]
        self._call("fab", "create-admin", "--username", USER, *names)

    def _call(self, *arguments: str) -> None:
        # others of this machine may read arguments, but no environment
        secret = {"FLASK_FAB_CREATE_ADMIN_PASSWORD": self.password}
        subprocess.run(  # noqa: S603  our own arguments
            [self.installed / "bin" / "superset", *arguments],
            env=self.environment | secret,
            cwd=self.home,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def zip_bundle(folder: Path) -> Path:
    """The bundle as Superset takes it, from its command or its pages."""
    path = folder / f"{BUNDLE.name}.zip"
    with ZipFile(path, "w") as bundle:
        for file in sorted(BUNDLE.rglob("*.yaml")):
            bundle.write(file, file.relative_to(HERE))
    return path


def main(installed: str, home: str, port: str) -> None:
    """Prepare Superset and become its server."""
    reader = os.environ.get(READER, "")
    if not reader:
        sys.exit(
            f"set {READER} to the address of a role that may read what `funnelhouse "
            "publish --to postgresql` filled, such as "
            "postgresql://funnel_reader:password@host:5432/bi"
        )
    superset = Superset(Path(installed).resolve(), Path(home).resolve(), reader)
    print("preparing Superset (a minute or two the first time)", flush=True)  # noqa: T201
    try:
        superset.prepare()
    except subprocess.CalledProcessError as error:
        sys.exit("\n".join(_last_lines(error.output)))
    print(f"http://127.0.0.1:{port} as {USER}: {superset.password}", flush=True)  # noqa: T201
    os.chdir(superset.home)
    call = superset.server(int(port))
    os.execve(call[0], call, superset.environment)  # noqa: S606


def _secret(file: Path) -> str:
    with suppress(FileExistsError):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as made:
            made.write(secrets.token_urlsafe(32))
    return file.read_text(encoding="ascii")


def _last_lines(output: str) -> Iterator[str]:
    yield "Superset refused:"
    yield from output.splitlines()[-5:]


if __name__ == "__main__":
    main(*sys.argv[1:])
