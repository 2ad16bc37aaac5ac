"""What goes wrong on the way to a PostgreSQL server, and what stands afterwards."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.forgetting import Forgetting, finish_server
from dagster_project.postgresql import PostgresError
from dagster_project.postgresql.swapping import Patience
from dagster_project.settings import ROOT
from tests.postgresql.conftest import Installation
from tests.postgresql.server import ENCODED, PASSWORD, Server

COPYING = """
    select pid from pg_stat_progress_copy where relid <> 0 and tuples_processed > 0
"""
LARGE = "select range as n, md5(range::varchar) as s from range(500000)"


def variables(here: Installation, **more: str) -> dict[str, str]:
    settings = here.settings
    return {
        "FUNNELHOUSE_DATA": str(settings.data),
        "FUNNELHOUSE_POSTGRES_URL": settings.postgres_url or "",
        "FUNNELHOUSE_POSTGRES_SCHEMA": settings.postgres_schema,
        **more,
    }


def call(here: Installation, *arguments: str, **more: str) -> tuple[int, str]:
    """Call the command; its exit code, and all it says."""
    done = CliRunner().invoke(main, [*arguments], env=variables(here, **more))
    return done.exit_code, done.output


def copying(here: Installation) -> int:
    """The server's process that loads, once it has rows."""
    for _ in range(600):
        found = here.ask(COPYING)
        if found:
            return int(found[0][0])
        time.sleep(0.05)
    raise TimeoutError("nobody loads")


def test_the_command_publishes_and_says_so(here: Installation) -> None:
    here.build(a="select 1 as n")
    code, said = call(here, "publish", "--to", "postgresql")
    assert (code, here.shown()) == (0, "g000001")
    assert "schema f of database" in said
    assert "g000001, 1 tables" in said
    assert call(here, "publish", "--to", "postgresql")[1].startswith("nothing to do")
    for secret in (PASSWORD, ENCODED):
        assert secret not in said


def test_libpqs_own_variables_do_as_well(here: Installation) -> None:
    here.build(a="select 1 as n")
    libpq = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(here.server.port),
        "PGUSER": "owner",
        "PGPASSWORD": PASSWORD,
        "PGDATABASE": here.database,
    }
    more = {**libpq, "FUNNELHOUSE_POSTGRES_URL": ""}
    assert call(here, "publish", "--to", "postgresql", **more)[0] == 0
    assert here.shown() == "g000001"


def test_without_a_server_it_is_an_error_of_usage(here: Installation) -> None:
    code, said = call(
        here, "publish", "--to", "postgresql", FUNNELHOUSE_POSTGRES_URL=""
    )
    assert code == 2
    assert "set FUNNELHOUSE_POSTGRES_URL, or PGHOST" in said


def test_before_anything_is_published_there_is_nothing_to_copy(
    here: Installation,
) -> None:
    code, said = call(here, "publish", "--to", "postgresql")
    assert code == 1
    assert "nothing is published yet" in said


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://owner:wr0ngw0rd@127.0.0.1:{port}/{database}",
        "postgresql://owner:wr0ngw0rd@127.0.0.1:1/{database}",
        "postgresql://owner:wr0ng@w0rd@127.0.0.1:{port}/{database}",
        "postgresql://owner:wr0ng/w0rd@127.0.0.1:{port}/{database}",
        "postgresql://owner:12/wr0ngw0rd@127.0.0.1:{port}/{database}",
        "postgresql://owner:wr0ng?w0rd@127.0.0.1:{port}/{database}",
        "postgresql://owner:12?wr0ngw0rd@127.0.0.1:{port}/{database}",
        "postgresql://owner:wr0ng#w0rd@127.0.0.1:{port}/{database}",
        "postgresql://owner:wr0ng%zzw0rd@127.0.0.1:{port}/{database}",
        "postgresql//owner:wr0ngw0rd@127.0.0.1:{port}/{database}",
        "host=127.0.0.1 password=wr0ngw0rd",
        "mysql://owner:wr0ngw0rd@127.0.0.1:{port}/{database}",
    ],
)
def test_no_message_bears_the_password(here: Installation, url: str) -> None:
    here.build(a="select 1 as n")
    filled = url.format(port=here.server.port, database=here.database)
    code, said = call(
        here, "publish", "--to", "postgresql", FUNNELHOUSE_POSTGRES_URL=filled
    )
    assert code == 1
    assert "wr0ng" not in said
    assert "w0rd" not in said
    assert "the files of g000001 are published" in said
    assert "FUNNELHOUSE_POSTGRES_URL" in said


def test_settings_are_shown_without_the_url(here: Installation) -> None:
    code, said = call(here, "status", "--settings")
    assert code == 0
    assert "FUNNELHOUSE_POSTGRES_URL" in said
    assert ENCODED not in said
    assert ENCODED not in repr(here.settings)


def test_a_loader_that_is_killed_leaves_what_was_there(here: Installation) -> None:
    here.build(a="select 1 as n, 'x' as s")
    here.copy()
    here.paths.current.unlink()
    here.build(a=LARGE)
    arguments = [sys.executable, "-c", "from dagster_project.cli import main; main()"]
    environment = {**os.environ, **variables(here), "PYTHONPATH": str(ROOT)}
    command = [*arguments, "publish", "--to", "postgresql"]
    with subprocess.Popen(command, env=environment) as loader:
        copying(here)
        loader.send_signal(signal.SIGKILL)
    assert here.ask("select n from f.a") == [(1,)]
    assert here.shown() == "g000001"
    assert here.copy().is_new
    assert here.ask("select count(*) from f.a") == [(500000,)]
    assert here.ask("select 1 from pg_namespace where nspname like 'f\\_%'") == []


def test_a_connection_that_breaks_is_made_anew(here: Installation) -> None:
    here.build(a=LARGE)

    def cut() -> None:
        where = f"pg_stat_activity where pid = {copying(here)}"
        named = "application_name = 'funnelhouse'"
        here.ask(f"select pg_terminate_backend(pid) from {where} and {named}")

    cutter = threading.Thread(target=cut)
    cutter.start()
    assert here.copy().is_new
    cutter.join()
    assert here.ask("select count(*) from f.a") == [(500000,)]


def test_a_server_that_stays_away_is_told_after_a_few_tries(
    here: Installation,
) -> None:
    here.build(a="select 1 as n")
    url = Server(port=1).url(here.database)
    began = time.monotonic()
    with pytest.raises(PostgresError, match="the next `funnelhouse run` tries again"):
        here.copy(postgres_url=url)
    assert time.monotonic() - began > 2


def test_two_publications_at_a_time_come_one_after_the_other(
    here: Installation, tmp_path: Path
) -> None:
    here.build(a="select 1 as n")
    elsewhere = replace(
        here, settings=replace(here.settings, data=tmp_path / "elsewhere")
    )
    elsewhere.build(a="select 2 as n")
    threads = [
        threading.Thread(target=each.copy, args=(Patience(),))
        for each in (here, elsewhere) * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    here.copy()
    assert here.ask("select n from f.a") == [(1,)]


def test_a_user_who_may_not_create_is_told_what_is_missing(here: Installation) -> None:
    here.build(a="select 1 as n")
    role = f"poor_{here.database}"
    here.ask(f"create role {role} login password '{PASSWORD}'")
    url = here.server.url(here.database, role)
    with pytest.raises(PostgresError, match="needs `create` on the database"):
        here.copy(postgres_url=url)
    here.ask(f"grant create on database {here.database} to {role}")
    assert here.copy(postgres_url=url).is_new


def test_a_role_with_limits_of_its_own_can_load(here: Installation) -> None:
    here.build(a=LARGE)
    role = f"limited_{here.database}"
    here.ask(f"create role {role} login password '{PASSWORD}'")
    here.ask(f"grant create on database {here.database} to {role}")
    here.ask(f"alter role {role} set statement_timeout = '50ms'")
    assert here.copy(postgres_url=here.server.url(here.database, role)).is_new


def test_rolling_back_takes_the_server_along(here: Installation) -> None:
    here.build(a="select 1 as n")
    here.build(a="select 2 as n")
    here.copy()
    code, said = call(here, "rollback", FUNNELHOUSE_PUBLISH_TO="postgresql")
    assert code == 0, said
    assert here.shown() == "g000001"


def test_an_unknown_server_is_an_error_of_usage(here: Installation) -> None:
    code, said = call(here, "status", FUNNELHOUSE_PUBLISH_TO="oracle")
    assert code == 2
    assert "'oracle' is none of postgresql" in said


def test_a_database_in_another_encoding_refuses_what_it_cannot_hold(
    here: Installation,
) -> None:
    name = f"{here.database}_latin"
    here.ask(f"create database {name} encoding 'LATIN1' locale 'C' template template0")
    latin = replace(
        here,
        database=name,
        settings=replace(here.settings, postgres_url=here.server.url(name)),
    )
    latin.build(a="select 'é' as s")
    latin.copy()
    latin.build(a="select '漢' as s")
    with pytest.raises(PostgresError, match="no equivalent"):
        latin.copy()
    with psycopg.connect(here.server.url(name)) as connection:
        assert connection.execute("select s from f.a").fetchall() == [("é",)]


def test_forgetting_is_not_done_while_the_server_does_not_answer(
    here: Installation,
) -> None:
    here.build(a="select 1 as n")
    for port, is_clean in ((1, False), (here.server.port, True)):
        url = Server(port).url(here.database)
        settings = replace(here.settings, postgres_url=url)
        said, done = finish_server(settings, here.paths, lambda _: None)
        assert done is is_clean
        assert Forgetting(server=said, is_server_clean=done).exit_code == (not done)
        assert ("may still show" in said) is not is_clean
    nowhere = replace(here.settings, postgres_url=None)
    assert finish_server(nowhere, here.paths, lambda _: None) == ("", True)
