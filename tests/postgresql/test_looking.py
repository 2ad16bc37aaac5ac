"""Several servers to choose from, and what `status` says of the one that is set."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.postgresql import PostgresError
from tests.postgresql.conftest import Installation
from tests.postgresql.server import (
    ENCODED,
    PASSWORD,
    Server,
    binaries,
    free_port,
    running,
)
from tests.postgresql.test_faults import variables


@pytest.fixture(scope="module")
def standby(server: Server) -> Iterator[Server]:
    """Another server, which may be read alone, as a replica."""
    folder = binaries()
    assert folder, "there is one, for `server` runs"
    with running(folder) as other:
        with other.connect(autocommit=True) as connection:
            connection.execute("alter system set default_transaction_read_only = on")
            connection.execute("select pg_reload_conf()")
        yield other


def on(*servers: int, database: str, more: str = "") -> str:
    hosts = ",".join(f"127.0.0.1:{port}" for port in servers)
    return f"postgresql://owner:{ENCODED}@{hosts}/{database}{more}"


@pytest.fixture
def copied(here: Installation, standby: Server) -> Iterator[None]:
    """A database of the same name on the other server, with nothing in it."""
    with standby.connect(autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.execute(f"create database {here.database}")  # type: ignore[call-overload]
    yield


def test_of_several_servers_the_one_that_may_be_written_to_is_filled(
    here: Installation, standby: Server, copied: None
) -> None:
    here.build(a="select 1 as n")
    ports = (free_port(), standby.port, here.server.port)
    copy = here.copy(postgres_url=on(*ports, database=here.database))
    assert str(here.server.port) in copy.where
    assert here.ask("select n from f.a") == [(1,)]


def test_a_server_that_may_only_be_read_is_refused_in_words(
    here: Installation, standby: Server, copied: None
) -> None:
    here.build(a="select 1 as n")
    with pytest.raises(PostgresError, match="that may be written to, several by comma"):
        here.copy(postgres_url=on(standby.port, database=here.database))


@pytest.mark.parametrize("hosts", ["h1:5432,h2:x", "h1:0,h2", "h1,h2:70000", "h1:,h2"])
def test_several_hosts_that_cannot_be_read_are_refused(
    here: Installation, hosts: str
) -> None:
    here.build(a="select 1 as n")
    with pytest.raises(PostgresError, match="host1:5432,host2:5432") as refused:
        here.copy(postgres_url=f"postgresql://owner:{ENCODED}@{hosts}/x")
    assert ENCODED not in str(refused.value)


def status(here: Installation, **more: str) -> tuple[dict[str, str], str]:
    """What it says as JSON of the server, and to people."""
    told = []
    for arguments in (["--json"], []):
        done = CliRunner().invoke(
            main, ["status", *arguments], env=variables(here, **more)
        )
        assert done.exit_code == 0, done.output
        told.append(done.output)
    found: dict[str, str] = json.loads(told[0])["postgresql"]
    return found, told[1]


def test_status_tells_whether_the_server_shows_what_is_published(
    here: Installation,
) -> None:
    here.build(a="select 1 as n")
    assert status(here)[0]["state_code"] == "nothing"
    assert "shows nothing yet" in status(here)[1]
    here.copy()
    found, said = status(here)
    assert (found["state_code"], found["generation"]) == ("equal", "g000001")
    assert found["as_of"] == "2026-06-30 23:59:59"
    assert found["loaded_at"]
    assert "shows g000001 as of 2026-06-30 23:59:59 UTC, the same" in said
    here.paths.current.unlink()
    here.build(a="select 2 as n")
    found, said = status(here)
    assert (found["state_code"], found["generation"]) == ("other", "g000001")
    assert "not what is published: `funnelhouse publish --to postgresql`" in said
    assert PASSWORD not in said


def test_status_says_nothing_of_a_server_that_nobody_has_set(
    here: Installation,
) -> None:
    here.build(a="select 1 as n")
    found, said = status(here, FUNNELHOUSE_POSTGRES_URL="", PGHOST="127.0.0.1")
    assert found is None
    assert "PostgreSQL" not in said


def test_status_reads_a_server_that_may_only_be_read(
    here: Installation, standby: Server, copied: None
) -> None:
    here.build(a="select 1 as n")
    url = on(standby.port, database=here.database)
    found, _ = status(here, FUNNELHOUSE_POSTGRES_URL=url)
    assert found["state_code"] == "nothing"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://o:wr0ng@127.0.0.1:{port}/x", "authentication failed"),
        ("postgresql://o:wr0ng@127.0.0.1:{closed}/x", "refused"),
        (
            "postgresql://o:wr0ng@funnelhouse.invalid/x",
            "Check FUNNELHOUSE_POSTGRES_URL",
        ),
        ("postgresql//o:wr0ng@h/x", "is no URL such as"),
    ],
)
def test_a_server_that_cannot_be_asked_does_not_fail_status(
    here: Installation, url: str, told: str
) -> None:
    here.build(a="select 1 as n")
    filled = url.format(port=here.server.port, closed=free_port())
    found, said = status(here, FUNNELHOUSE_POSTGRES_URL=filled)
    assert found["state_code"] == "unknown"
    assert told in found["message"]
    assert "PostgreSQL: not known what it shows" in said
    assert "g000001" in said
    assert "wr0ng" not in said


def test_a_server_that_says_nothing_is_not_waited_for_long(here: Installation) -> None:
    here.build(a="select 1 as n")
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = on(silent.getsockname()[1], database="x")
        begun = time.monotonic()
        found, _ = status(here, FUNNELHOUSE_POSTGRES_URL=url)
        assert time.monotonic() - begun < 2 * 11
    assert found["state_code"] == "unknown"
    assert found["message"]
