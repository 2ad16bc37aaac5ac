"""How a PostgreSQL server is reached, and how its faults are told.

No message bears a password or the URL: libpq quotes what it cannot read.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from dagster_project.settings import Settings

Connection = psycopg.Connection[tuple[Any, ...]]
Result = TypeVar("Result")
TRIES = 3
URL = "FUNNELHOUSE_POSTGRES_URL"
_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^\[\]:]*)(?::([0-9]+))?")
# Any of these says that somebody means a server; libpq has a default for each.
_LIBPQ = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGPORT")
_SESSION: dict[str, Any] = {
    "application_name": "funnelhouse",
    "client_encoding": "UTF8",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
# A role's own limits are for people; the server lets go of us when we are gone.
_PREPARED = """
    set statement_timeout = 0;
    set idle_in_transaction_session_timeout = 0;
    set lock_timeout = '10s';
    set tcp_keepalives_idle = 30;
    set tcp_keepalives_interval = 10;
    set tcp_keepalives_count = 3
"""


class PostgresError(RuntimeError):
    """PostgreSQL does not show what is published; the message says what to do."""


def is_configured(settings: Settings) -> bool:
    """Whether anybody has said which server."""
    return bool(settings.postgres_url) or any(map(os.environ.get, _LIBPQ))


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """A connection by FUNNELHOUSE_POSTGRES_URL, else by libpq's PG* variables.

    Of several hosts it is to the first that may be written to, as libpq has it.

    Raises:
        PostgresError: the URL cannot be read.
    """
    url = checked(settings.postgres_url or "")
    session = {**_SESSION, **_attributes(url, "read-write")}
    with psycopg.connect(url, autocommit=True, **session) as connection:
        connection.execute(_PREPARED)
        yield connection


@contextmanager
def looked_at(settings: Settings, seconds: int) -> Iterator[Connection]:
    """A connection to read by, of a session that does not wait for long.

    Raises:
        PostgresError: the URL cannot be read.
    """
    url = checked(settings.postgres_url or "")
    session = {**_SESSION, "connect_timeout": seconds, **_attributes(url, "any")}
    with psycopg.connect(url, autocommit=True, **session) as connection:
        limit = sql.SQL("set statement_timeout = {}").format(seconds * 1000)
        connection.execute(limit)
        yield connection


def tried_again(
    settings: Settings, work: Callable[[], Result], pause: float = 1.0
) -> Result:
    """Do the work; anew, a few times, where the connection or the server gave way.

    Raises:
        PostgresError: it gave way each time, or refused.
    """
    for tries in range(1, TRIES + 1):
        try:
            return work()
        except psycopg.Error as error:
            if tries == TRIES or not _may_pass(error):
                raise PostgresError(told(error, settings)) from None
        time.sleep(pause * tries)
    raise AssertionError("the last try returns or raises")


def place(connection: Connection) -> str:
    """Server and database, without whoever is connected."""
    info = connection.info
    return f"database {info.dbname} at {info.host or 'this machine'}:{info.port}"


def _may_pass(error: psycopg.Error) -> bool:
    """Whether it may be otherwise in a second: not so a full disk."""
    passing = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return passing and not (error.sqlstate or "").startswith("53")


def checked(url: str) -> str:
    """The URL, where no part of its password can be taken for something else.

    Raises:
        PostgresError: it can, or it is no URL.
    """
    try:
        parts = urlsplit(url)
        addresses = parts.netloc.rpartition("@")[2].split(",")
        plain = all(map(_is_address, addresses))
        plain = plain and url.count("@") == parts.netloc.count("@") <= 1
        plain = plain and parts.scheme in ("postgresql", "postgres")
        if url and plain:
            psycopg.conninfo.conninfo_to_dict(url)
    except (ValueError, psycopg.ProgrammingError):
        plain = False
    if url and not plain:
        raise PostgresError(
            f"{URL} is no URL such as postgresql://user:password@host:5432/database "
            "(not shown here, for its password); in a password write @ as %40, / as "
            "%2F, : as %3A, # as %23, ? as %3F and % as %25. Several hosts stand "
            "behind each other by commas: host1:5432,host2:5432"
        )
    return url


def _is_address(text: str) -> bool:
    """A host, with its port or without."""
    found = _ADDRESS.fullmatch(text)
    return found is not None and 0 < int(found[1] or 5432) < 65536


def _attributes(url: str, wanted: str) -> dict[str, str]:
    """Which servers will do, unless the URL or libpq's variable says so."""
    name = "target_session_attrs"
    said = psycopg.conninfo.conninfo_to_dict(url).get(name)
    said = said or os.environ.get("PGTARGETSESSIONATTRS")
    return {} if said else {name: wanted}


def told(error: psycopg.Error, settings: Settings) -> str:
    """The server's own words, and what to do."""
    diag = error.diag
    words = [diag.message_primary or " ".join(str(error).split())]
    words += [text for text in (diag.message_detail, diag.message_hint) if text]
    text = ". ".join(each.rstrip(".") for each in words)
    return f"{_without_password(text, settings)}. {_remedy(error)}"


def _remedy(error: psycopg.Error) -> str:
    state = error.sqlstate or ""
    if state == "42501":
        return (
            "The publishing user needs `create` on the database and has to own the "
            "published tables"
        )
    if state == "2BP01":
        return "Drop what depends on it, publish again, and make it anew"
    if state == "55P03":
        return "Another session holds what is needed: wait until it has ended"
    if state.startswith("53"):
        return "Make room on the server"
    if "read-only" in str(error):
        return f"Name a server in {URL} that may be written to, several by commas"
    if not state:
        return f"Check {URL}, or PGHOST, PGUSER, PGPASSWORD, PGDATABASE, and the server"
    return "Mend it on the server"


def _without_password(text: str, settings: Settings) -> str:
    netloc = urlsplit(settings.postgres_url or "").netloc
    password = netloc.rpartition("@")[0].partition(":")[2]
    for secret in (password, unquote(password), os.environ.get("PGPASSWORD", "")):
        text = text.replace(secret, "***") if len(secret) > 2 else text
    return text
