"""Where a night's time goes: seconds, rows and memory of each part, kept by night."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from dagster_project.paths import Paths
from dagster_project.profiling import Measure, MemoryMeter, Profile
from dagster_project.recording import RUN_STAT, read_records
from tests.running.conftest import Publisher

MEGABYTE = 1024 * 1024
HELD = 120 * MEGABYTE


def measured_memory(profile: Profile, held: int) -> int:
    """The memory told of a part that holds so many bytes for a while."""
    with profile.measured("mart", "part", "model"):
        block = bytearray(held)
        block[:: 4 * 1024] = bytes([1]) * len(block[:: 4 * 1024])
        time.sleep(0.5)
        del block
    memory = profile.measures[-1].memory_bytes
    assert memory is not None
    return memory


def test_the_memory_of_a_part_is_what_was_held_while_it_ran() -> None:
    with MemoryMeter() as meter:
        profile = Profile("r000001", meter)
        little, much = measured_memory(profile, 1), measured_memory(profile, HELD)
        after = measured_memory(profile, 1)
    assert much - little > 0.9 * HELD
    assert much - after > 0.9 * HELD


def test_what_a_child_holds_is_told_though_it_was_born_later() -> None:
    code = f"held = bytearray({HELD}); held[::4096] = bytes([1]) * len(held[::4096])"
    with MemoryMeter() as meter:
        profile = Profile("r000001", meter)
        alone = measured_memory(profile, 1)
        with profile.measured("mart", "with a child", "model"):
            command = [sys.executable, "-c", f"{code}; input()"]
            with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
                time.sleep(3.5)
                child.communicate(b"\n")
    together = profile.measures[-1].memory_bytes or 0
    assert together - alone > 0.9 * HELD


def test_a_part_shorter_than_a_look_still_has_its_memory() -> None:
    with MemoryMeter() as meter:
        profile = Profile("r000001", meter)
        for number in range(100):
            with profile.measured("mart", f"part {number}", "model"):
                pass
    assert all((each.memory_bytes or 0) > MEGABYTE for each in profile.measures)


def test_the_meter_stops_with_its_night() -> None:
    before = threading.active_count()
    with MemoryMeter():
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_a_part_that_fails_is_measured_as_an_error() -> None:
    with MemoryMeter() as meter:
        profile = Profile("r000001", meter)
        with (
            pytest.raises(ZeroDivisionError),
            profile.measured("landing", "plain.deals", "source") as measure,
        ):
            measure.rows_count = 3 // 0
    (failed,) = profile.measures
    assert (failed.node_name, failed.status_code) == ("plain.deals", "error")


def test_a_night_that_built_nothing_leaves_no_record(paths: Paths) -> None:
    with MemoryMeter() as meter:
        profile = Profile("r000001", meter)
        with profile.measured("landing", "plain.deals", "source"):
            pass
        profile.keep(paths)
        assert not paths.run_stats.exists()
        profile.measures.append(Measure("stage", "stages", "seed"))
        profile.keep(paths)
    kept = read_records(paths.run_stats)
    assert [row["node_name"] for row in kept] == ["plain.deals", "stages"]
    assert set(kept[0]) == set(RUN_STAT)


def keep_night(paths: Paths, night_code: str, rows: int) -> None:
    with MemoryMeter() as meter:
        profile = Profile(night_code, meter)
        profile.add(Measure("mart", "fct_a", "model", "success", rows), 10.0, 12.5)
        profile.keep(paths)


def published_stats(folder: Path) -> list[tuple[object, ...]]:
    query = "select night_code, rows_count, duration_seconds from"
    parquet = duckdb.sql(f"{query} '{folder}/marts/dq_run_stats.parquet'").fetchall()
    with duckdb.connect(str(folder / "funnelhouse.duckdb"), read_only=True) as file:
        assert file.execute(f"{query} marts.dq_run_stats").fetchall() == parquet
    return parquet


def test_readers_see_what_every_night_took(
    publish_tables: Publisher, paths: Paths
) -> None:
    keep_night(paths, "r000001", 5)
    keep_night(paths, "r000002", 7)
    found = published_stats(publish_tables(fct_a="select 1 as n"))
    assert found == [("r000001", 5, 2.5), ("r000002", 7, 2.5)]
