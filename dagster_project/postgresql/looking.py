"""What a server shows now, beside what is published; within seconds, or said so."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Thread

import psycopg
from psycopg import errors, sql

from dagster_project.paths import Paths
from dagster_project.postgresql.connecting import (
    Connection,
    PostgresError,
    looked_at,
    place,
    told,
)
from dagster_project.postgresql.copies import STAMP
from dagster_project.publishing import MANIFEST
from dagster_project.settings import Settings

SECONDS = 3
_LONGEST = 10.0
_READ = "select generation, as_of::text, loaded_at::text, manifest_sha256 from {}"


@dataclass(frozen=True)
class Shown:
    """What a server shows; `state_code` says how it stands to what is published.

    equal: the very same; other: another generation; nothing: none; unknown: it did not
    answer, and `message` says why.
    """

    schema: str
    where: str = ""
    generation: str = ""
    as_of: str = ""
    loaded_at: str = ""
    state_code: str = "nothing"
    message: str = ""

    def __str__(self) -> str:
        """For people, who have seen above what is published."""
        if self.state_code == "unknown":
            return f"PostgreSQL: not known what it shows, {self.message}"
        if self.state_code == "nothing":
            return f"PostgreSQL: schema {self.schema} of {self.where} shows nothing yet"
        stands = (
            "the same"
            if self.state_code == "equal"
            else ("not what is published: `funnelhouse publish --to postgresql`")
        )
        what = f"{self.generation} as of {self.as_of} UTC, {stands}"
        return f"PostgreSQL: schema {self.schema} of {self.where} shows {what}"


def look(settings: Settings, paths: Paths) -> Shown:
    """What the server shows.

    A name service or a server that answers nothing at all is waited for no longer
    than ten seconds.
    """
    unknown = Shown(settings.postgres_schema, state_code="unknown")
    late = replace(unknown, message=f"no answer within {_LONGEST:.0f} s")
    return _in_time(lambda: _look(settings, paths, unknown), late)


def _look(settings: Settings, paths: Paths, unknown: Shown) -> Shown:
    try:
        with looked_at(settings, SECONDS) as connection:
            return _read(connection, settings, paths)
    except psycopg.Error as error:
        return replace(unknown, message=told(error, settings))
    except PostgresError as error:
        return replace(unknown, message=str(error))


def _read(connection: Connection, settings: Settings, paths: Paths) -> Shown:
    schema = settings.postgres_schema
    query = sql.SQL(_READ).format(sql.Identifier(schema, STAMP))
    try:
        row = connection.execute(query).fetchone()
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        row = None
    if row is None:
        return Shown(schema, place(connection))
    manifest = paths.current.resolve() / MANIFEST
    held = manifest.read_bytes() if manifest.is_file() else b""
    is_same = hashlib.sha256(held).hexdigest() == row[3]
    generation, as_of, loaded_at, _ = row
    return Shown(
        schema,
        place(connection),
        generation,
        as_of,
        loaded_at,
        "equal" if is_same else "other",
    )


def _in_time(work: Callable[[], Shown], late: Shown) -> Shown:
    """What comes of it, if it comes in time; nothing waits for it afterwards."""
    found = [late]
    thread = Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(_LONGEST)
    return found[-1]
