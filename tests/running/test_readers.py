"""Readers of `published/current` through a thousand publications."""

import subprocess
import sys

import pytest

from dagster_project.paths import Paths

from .conftest import Publisher

pytestmark = pytest.mark.slow
PUBLICATIONS = 1000
# Each asks for the pair of one generation, by DuckDB's file and by Parquet in turn.
READER = """
import sys, time, duckdb
from pathlib import Path
seen = set()
current = Path(sys.argv[1])
print("ready", flush=True)
while not (current.parent / "done").exists():
    folder = current.resolve()
    with duckdb.connect(str(folder / "funnelhouse.duckdb"), read_only=True) as facts:
        pair = facts.execute("select a.n, b.n from marts.a, marts.b").fetchone()
    with duckdb.connect() as files:
        both = f"from '{folder}/marts/{{}}.parquet'"
        query = f"select a.n, b.n from ({both.format('a')}) a, ({both.format('b')}) b"
        again = files.execute(query).fetchone()
    assert len({*pair, *again}) == 1, (pair, again)
    seen.add(pair[0])
    time.sleep(0.005)
print(len(seen))
"""


def test_readers_see_no_error_and_never_two_generations_mixed(
    publish_tables: Publisher, paths: Paths
) -> None:
    publish_tables(a="select 0 as n", b="select 0 as n")
    call = [sys.executable, "-c", READER, str(paths.current)]
    readers = [
        subprocess.Popen(
            call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    for n in range(1, PUBLICATIONS + 1):
        publish_tables(a=f"select {n} as n", b=f"select {n} as n")
    (paths.published / "done").touch()
    for reader in readers:
        said, error = reader.communicate()
        assert reader.returncode == 0, error
        assert int(said) > 10
