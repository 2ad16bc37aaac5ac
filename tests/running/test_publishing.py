"""Readers see one whole generation, whatever happens to the one that publishes."""

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from dagster_project import publishing
from dagster_project.paths import Paths
from dagster_project.publishing import (
    Description,
    NoGenerationError,
    PublicationRefusedError,
    build_generation,
    current_manifest,
    generations,
    publish,
    rollback,
    sweep_publications,
)
from dagster_project.recording import GATE_RESULT, read_records, write_record
from tests.running.conftest import Publisher, fill_warehouse, ingredients, read


def test_a_generation_holds_the_same_rows_as_parquet_and_as_duckdb(
    publish_tables: Publisher, paths: Paths
) -> None:
    folder = publish_tables(fct_a="select range as n from range(3)")
    parquet = duckdb.sql(f"from '{folder}/marts/fct_a.parquet'").fetchall()
    assert read(folder, "from marts.fct_a") == parquet == [(0,), (1,), (2,)]
    manifest = current_manifest(paths)
    assert manifest is not None
    assert manifest.tables["fct_a"].rows == 3
    assert manifest.tables["fct_a"].columns == {"n": "BIGINT"}


STORAGE = "select tags['storage_version'] from duckdb_databases() where not internal"
WORDS = "select 'word ' || range % 9 as word from range(100000)"


def test_any_duckdb_of_version_1_can_read_it_and_no_log_lies_beside(
    publish_tables: Publisher, paths: Paths
) -> None:
    folder = publish_tables(fct_a=WORDS)
    assert "v1.0.0" in str(read(folder, STORAGE))
    assert compressions(folder) <= {"Dictionary", "FSST", "Constant", "Uncompressed"}
    assert not list(folder.glob("*.wal"))
    built = paths.warehouse.parent
    assert "v1.0.0" not in str(read(built, STORAGE))
    assert "DICT_FSST" in compressions(built)


def compressions(folder: Path) -> set[object]:
    stored = "select distinct compression from pragma_storage_info('marts.fct_a')"
    return {name for (name,) in read(folder, stored)}


def test_descriptions_come_with_the_file(paths: Paths) -> None:
    fill_warehouse(paths, fct_a="select 1 as n")
    told = {"fct_a": Description("One row per a.", {"n": "It's a number.", "m": ""})}
    folder, _ = build_generation(paths, ["fct_a"], ingredients(), told)
    publish(paths, folder, 7)
    assert read(
        paths.current, "select comment from duckdb_columns() where not internal"
    ) == [("It's a number.",)]


def judge(paths: Paths, night_code: str, gate_code: str, rule_code: str) -> None:
    """Record that a gate held, as a night does."""
    row = {"night_code": night_code, "gate_code": gate_code, "rule_code": rule_code}
    write_record(paths.gate_results, f"{night_code}.{gate_code}", GATE_RESULT, [row])


def test_what_the_gates_said_of_this_night_comes_with_it(
    publish_tables: Publisher, paths: Paths
) -> None:
    judge(paths, "r000001", "marts", "old")
    for gate_code in ("staging", "marts"):
        judge(paths, "r000002", gate_code, "new")
    folder = publish_tables(a="select 1 as n")
    told = "select night_code, gate_code, rule_code from"
    found = read(folder, f"{told} marts.dq_gate_results")
    parquet = f"{told} '{folder}/marts/dq_gate_results.parquet'"
    assert duckdb.sql(parquet).fetchall() == found
    assert found == [("r000002", "marts", "new"), ("r000002", "staging", "new")]
    manifest = current_manifest(paths)
    assert manifest is not None
    assert set(manifest.tables["dq_gate_results"].columns) == set(GATE_RESULT)


def test_rows_are_put_in_order_within_the_memory_a_night_may_use(paths: Paths) -> None:
    rows = "select range as n, md5(range::varchar) as name from range(2000000)"
    fill_warehouse(paths, a=rows)
    told = {"a": Description("rows by name", {}, order_by="name")}
    with pytest.raises(duckdb.OutOfMemoryException):
        build_generation(paths, ["a"], ingredients(), told, "1MB")
    folder, _ = build_generation(paths, ["a"], ingredients(), told, "64MB")
    found = read(folder, "select count(*), min(n), max(n) from marts.a")
    assert found == [(2_000_000, 0, 1_999_999)]
    before = "select name, lag(name) over (order by rowid) as name_before from marts.a"
    disorder = f"select count(*) from ({before}) where name < name_before"
    assert read(folder, disorder) == [(0,)]
    assert not list(paths.warehouse.parent.glob("*.tmp/*"))


def test_gate_results_are_promised_to_readers_like_any_table(
    publish_tables: Publisher, paths: Paths
) -> None:
    judge(paths, "r000001", "marts", "rule")
    publish_tables(a="select 1 as n")
    row = {"night_code": "r000002", "gate_code": "marts", "rule_code": 1}
    fewer = {"night_code": "string", "gate_code": "string", "rule_code": "int64"}
    shutil.rmtree(paths.gate_results)
    write_record(paths.gate_results, "r000002.marts", fewer, [row])
    with pytest.raises(PublicationRefusedError, match="rule_code was VARCHAR"):
        publish_tables(a="select 1 as n")


def test_a_manifest_names_currency_and_zone_of_the_run_as_frozen(
    publish_tables: Publisher, paths: Paths
) -> None:
    kinds = {"timezone": "string", "home_currency": "string"}
    row = {"timezone": "Europe/Vienna", "home_currency": "EUR"}
    write_record(paths.run, "runs", kinds, [row])
    publish_tables(a="select 1 as n")
    manifest = current_manifest(paths)
    assert manifest is not None
    assert (manifest.timezone, manifest.home_currency) == ("Europe/Vienna", "EUR")


def test_a_manifest_says_nothing_of_a_source_without_data(paths: Paths) -> None:
    fill_warehouse(paths, a="select 1 as n")
    through = {"crm": "2026-06-30T23:59:59", "silent": ""}
    told = replace(ingredients(), data_through=through)
    _, manifest = build_generation(paths, ["a"], told, {})
    assert manifest.data_through == {"crm": "2026-06-30T23:59:59"}


def test_a_generation_published_before_it_named_a_currency_can_be_read(
    publish_tables: Publisher, paths: Paths
) -> None:
    file = publish_tables(a="select 1 as n") / "manifest.json"
    held = json.loads(file.read_text(encoding="utf-8"))
    del held["home_currency"], held["timezone"]
    file.write_text(json.dumps(held), encoding="utf-8")
    manifest = current_manifest(paths)
    assert manifest is not None
    assert manifest.home_currency == ""


def test_only_what_the_project_still_declares_is_published(paths: Paths) -> None:
    fill_warehouse(paths, fct_a="select 1 as n", fct_forgotten="select 1 as n")
    _, manifest = build_generation(paths, ["fct_a"], ingredients(), {})
    assert list(manifest.tables) == ["fct_a"]


def test_a_reader_never_sees_two_generations_mixed(
    publish_tables: Publisher, paths: Paths
) -> None:
    mixed, seen, done = [], set(), threading.Event()

    def look() -> None:
        while not done.is_set():
            folder = paths.current.resolve()
            pair = read(folder, "select a.n, b.n from marts.a as a, marts.b as b")
            first, second = pair[0]
            seen.add(first)
            if first != second:
                mixed.append(pair)

    publish_tables(a="select 0 as n", b="select 0 as n")
    reader = threading.Thread(target=look)
    reader.start()
    for n in range(1, 9):
        publish_tables(a=f"select {n} as n", b=f"select {n} as n", keep=20)
    done.set()
    reader.join()
    assert not mixed
    assert len(seen) > 1


def test_rollback_switches_to_the_generation_before(
    publish_tables: Publisher, paths: Paths
) -> None:
    for n in (1, 2, 3):
        publish_tables(a=f"select {n} as n")
    assert rollback(paths) == "g000002"
    assert read(paths.current, "from marts.a") == [(2,)]
    assert rollback(paths, "g000003") == "g000003"
    assert read(paths.current, "from marts.a") == [(3,)]


def test_rollback_says_what_there_is_when_there_is_nothing_before(
    publish_tables: Publisher, paths: Paths
) -> None:
    publish_tables(a="select 1 as n")
    with pytest.raises(NoGenerationError, match=r"g000001.*none"):
        rollback(paths)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("select 'x' as n, 1 as m", "column a.n was INTEGER and is VARCHAR"),
        ("select 1 as n", "column a.m is gone"),
    ],
)
def test_a_column_retyped_or_removed_is_refused(
    publish_tables: Publisher, paths: Paths, query: str, told: str
) -> None:
    publish_tables(a="select 1 as n, 1 as m")
    with pytest.raises(PublicationRefusedError, match=told):
        publish_tables(a=query)
    assert paths.current.resolve().name == "g000001"


def test_a_table_removed_is_refused(publish_tables: Publisher) -> None:
    publish_tables(a="select 1 as n", b="select 1 as n")
    with pytest.raises(PublicationRefusedError, match="table b is gone"):
        publish_tables(a="select 1 as n")


def test_a_new_major_version_may_retype_and_any_version_may_add(
    publish_tables: Publisher,
) -> None:
    publish_tables(a="select 1 as n")
    publish_tables(a="select 1 as n, 2 as m")
    publish_tables(a="select 'x' as n", version="2.0.0")


def test_a_publication_killed_while_copying_is_swept(
    publish_tables: Publisher, paths: Paths
) -> None:
    publish_tables(a="select 1 as n")
    build_generation(paths, ["a"], ingredients(), {})
    assert [path.name for path in sweep_publications(paths)] == [".g000002.tmp"]
    assert generations(paths) == ["g000001"]


def test_a_publication_killed_before_the_switch_is_swept(
    publish_tables: Publisher, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_tables(a="select 1 as n")
    monkeypatch.setattr(publishing, "switch", _killed)
    with pytest.raises(KeyboardInterrupt):
        publish_tables(a="select 2 as n")
    assert read(paths.current, "from marts.a") == [(1,)]
    assert sweep_publications(paths) == [paths.generation("g000002")]
    assert generations(paths) == ["g000001"]


def test_a_publication_killed_after_the_switch_is_recorded_by_the_next_night(
    publish_tables: Publisher, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(publishing, "record_publication", _killed)
        publish_tables(a="select 1 as n")
    assert sweep_publications(paths) == []
    records = read_records(paths.publications)
    assert [record["generation"] for record in records] == ["g000001"]


def build_with_records(paths: Paths, generation: str, journeys: int) -> Path:
    """A generation whose build has news of so many journeys."""
    fill_warehouse(paths, a="select 1 as n")
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute("drop schema if exists records cascade")
        connection.execute("create schema records")
        connection.execute(
            f"create table records.rec_builds as select '{generation}' as generation"
        )
        connection.execute(
            f"create table records.rec_journeys as select '{generation}' as generation,"
            f" range as journey_id from range({journeys})"
        )
    return build_generation(paths, ["a"], ingredients(), {})[0]


def recorded(paths: Paths) -> dict[str, int]:
    files = paths.records.glob("rec_*/*.parquet")
    return {
        f"{file.parent.name}/{file.stem}": len(duckdb.sql(f"from '{file}'").fetchall())
        for file in files
    }


def test_a_publication_records_what_later_ones_are_compared_with(paths: Paths) -> None:
    publish(paths, build_with_records(paths, "g000001", 3), 7)
    assert recorded(paths) == {"rec_builds/g000001": 1, "rec_journeys/g000001": 3}
    publish(paths, build_with_records(paths, "g000002", 0), 7)
    assert recorded(paths) == {
        "rec_builds/g000001": 1,
        "rec_journeys/g000001": 3,
        "rec_builds/g000002": 1,
    }


def test_a_build_that_is_published_again_is_recorded_once(paths: Paths) -> None:
    publish(paths, build_with_records(paths, "g000001", 3), 7)
    before = recorded(paths)
    again = publish(paths, build_with_records(paths, "g000001", 3), 7)
    assert again.name == "g000002"
    assert recorded(paths) == before


@pytest.mark.parametrize("step", ["remember", "write_record"])
def test_what_a_kill_left_unrecorded_is_recorded_by_the_next_night_or_a_rollback(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    publish(paths, build_with_records(paths, "g000001", 3), 7)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(publishing, step, _killed)
        publish(paths, build_with_records(paths, "g000002", 2), 7)
    if step == "remember":
        rollback(paths)
    assert sweep_publications(paths) == []
    assert recorded(paths)["rec_journeys/g000002"] == 2
    assert generations(paths) == ["g000001", "g000002"]


def test_what_was_built_and_never_published_is_not_recorded(paths: Paths) -> None:
    build_with_records(paths, "g000001", 3)
    sweep_publications(paths)
    assert recorded(paths) == {}


def test_old_generations_go_and_the_current_one_stays(
    publish_tables: Publisher, paths: Paths
) -> None:
    for n in range(5):
        publish_tables(a=f"select {n} as n", keep=2)
    assert generations(paths) == ["g000004", "g000005"]
    rollback(paths)
    publishing.drop_old_generations(paths, 1)
    assert generations(paths) == ["g000004", "g000005"]


def test_an_id_is_never_given_twice(publish_tables: Publisher, paths: Paths) -> None:
    for n in range(2):
        publish_tables(a=f"select {n} as n")
    rollback(paths)
    publishing._remove(paths, "g000002")
    assert publishing.next_generation(paths) == "g000003"


def _killed(*_: object) -> Path:
    raise KeyboardInterrupt
