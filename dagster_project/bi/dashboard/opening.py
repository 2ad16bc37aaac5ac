"""Opens the generation that readers see now, once for each view."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.paths import Paths
from dagster_project.publishing import DATABASE, MANIFEST

# A generation may be removed between the look at `current` and the opening.
_TRIES = 5
_TOLD = ("generation", "as_of", "timezone", "home_currency", "tables")


class NothingPublishedError(RuntimeError):
    """There is no generation to show; the message says what to do."""


@dataclass(frozen=True)
class View:
    """One whole generation, for as long as a page is drawn."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    manifest: dict[str, Any]

    @property
    def currency(self) -> str:
        return self.manifest["home_currency"] or ""

    def has_table(self, name: str) -> bool:
        return name in (self.manifest["tables"] or ())

    def known(self, table: str, columns: Sequence[str]) -> list[str]:
        """Those of the columns that this generation has; an earlier one has fewer."""
        told = (self.manifest["tables"] or {}).get(table, {}).get("columns", columns)
        return [column for column in columns if column in told]


@contextmanager
def open_current(paths: Paths) -> Iterator[View]:
    """The current generation, resolved anew; what a night does meanwhile is not seen.

    Raises:
        NothingPublishedError: nothing is published, or it cannot be opened.
    """
    with _closed_after(_opened(paths)) as view:
        yield view


@contextmanager
def open_folder(folder: Path) -> Iterator[View]:
    """A generation by its folder: what a page has shown, asked for more of later."""
    with _closed_after(_open(folder)) as view:
        yield view


@contextmanager
def _closed_after(view: View) -> Iterator[View]:
    try:
        yield view
    finally:
        view.connection.close()


def _opened(paths: Paths) -> View:
    for left in reversed(range(_TRIES)):
        folder = paths.current.resolve()
        if not (folder / MANIFEST).is_file():
            continue
        try:
            return _open(folder)
        except (duckdb.IOException, FileNotFoundError) as error:
            if not left and folder == paths.current.resolve():
                raise NothingPublishedError(
                    f"{folder / DATABASE} cannot be opened: {error}; publish again "
                    "with `funnelhouse run`, or go back with `funnelhouse rollback`"
                ) from error
    raise NothingPublishedError(
        f"nothing is published in {paths.published} yet: run `funnelhouse run` first"
    )


def _open(folder: Path) -> View:
    connection = duckdb.connect(str(folder / DATABASE), read_only=True)
    return View(connection, folder, _manifest(folder))


# It names every file that ever came; a generation is never changed once it is there.
@lru_cache(maxsize=2)
def _manifest(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return {name: read.get(name) for name in _TOLD}
