"""What goes to a Spark cluster and what comes back, without a cluster."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.distributed import (
    DistributedError,
    Spark,
    bring_back,
    register_sources,
)
from dagster_project.settings import SettingError, Settings

Answer = dict[str, Any]


class Told(Spark):
    """Remembers statements in place of running them, and answers as it was told to."""

    statements: list[str]
    answers: list[Answer]

    def run(
        self, statements: Iterable[str], queries: Mapping[str, str] | None = None
    ) -> Iterator[Answer]:
        object.__setattr__(self, "statements", list(statements))
        yield from self.answers


@pytest.fixture
def spark(tmp_path: Path) -> Told:
    made = Told(Path(sys.executable), "127.0.0.1", 1, "me", tmp_path / "exchange")
    object.__setattr__(made, "answers", [])
    return made


def source(schema: str, name: str, read: str) -> dict[str, Any]:
    told = {"schema": schema, "identifier": name, "relation_name": read}
    return {**told, "source_name": schema}


def test_a_raw_table_is_registered_with_the_columns_of_all_its_batches(
    spark: Told, tmp_path: Path
) -> None:
    for batch, query in {
        "n1": "select 'x' as a",
        "n2": "select 'y' as a, 1 as b",
    }.items():
        (tmp_path / f"_batch_id={batch}").mkdir()
        duckdb.sql(f"copy ({query}) to '{tmp_path}/_batch_id={batch}/1.parquet'")
    read = (
        f"read_parquet('{tmp_path}/**/*.parquet', hive_partitioning = true, "
        "hive_types_autocast = false, union_by_name = true)"
    )
    register_sources(spark, {"sources": {"s": source("crm", "deals", read)}}, {"crm"})
    assert spark.statements == [
        "create schema if not exists `crm`",
        "drop table if exists `crm`.`deals`",
        "create table `crm`.`deals` (`a` string, `b` int, `_batch_id` string) "
        f"using parquet partitioned by (_batch_id) location '{tmp_path}'",
    ]


def test_a_source_that_is_not_enabled_needs_no_file(
    spark: Told, tmp_path: Path
) -> None:
    read = f"read_parquet('{tmp_path}/**/*.parquet')"
    register_sources(spark, {"sources": {"s": source("crm", "deals", read)}}, {"lake"})
    assert spark.statements == []


def test_one_file_among_others_is_registered_by_its_name(
    spark: Told, tmp_path: Path
) -> None:
    duckdb.sql(f"copy (select 1::bigint as n) to '{tmp_path}/runs.parquet'")
    read = f"read_parquet('{tmp_path}/runs.parquet')"
    register_sources(spark, {"sources": {"s": source("lake", "runs", read)}}, {"lake"})
    assert spark.statements[-1] == (
        "create table `lake`.`runs` (`n` bigint) using parquet "
        f"options ('pathGlobFilter' = 'runs.parquet') location '{tmp_path}'"
    )


def test_a_type_that_spark_was_never_told_of_stops_the_build(
    spark: Told, tmp_path: Path
) -> None:
    duckdb.sql(f"copy (select [1] as n) to '{tmp_path}/runs.parquet'")
    read = f"read_parquet('{tmp_path}/runs.parquet')"
    with pytest.raises(DistributedError, match=r"INTEGER\[\]"):
        register_sources(
            spark, {"sources": {"s": source("lake", "runs", read)}}, {"lake"}
        )


def test_projections_come_back_with_their_types(spark: Told, tmp_path: Path) -> None:
    columns = [["gate_x.code", "STRING_TYPE"], ["seen_at", "TIMESTAMP_TYPE"]]
    rows = [["a", "2026-01-02T03:04:05.000006"], [None, None]]
    answer = {"name": "gates.gate_x", "columns": columns, "rows": rows}
    object.__setattr__(spark, "answers", [answer])
    warehouse = tmp_path / "w.duckdb"
    bring_back(spark, warehouse, [{"schema": "gates", "alias": "gate_x"}])
    with duckdb.connect(str(warehouse)) as connection:
        found = connection.execute(
            "select code, seen_at::varchar from gates.gate_x order by code"
        ).fetchall()
    assert found == [("a", "2026-01-02 03:04:05.000006"), (None, None)]


def test_an_engine_that_is_none_is_refused() -> None:
    with pytest.raises(SettingError, match="FUNNELHOUSE_ENGINE"):
        Settings.from_environment({"FUNNELHOUSE_ENGINE": "oracle"})


def test_spark_without_its_python_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DistributedError, match=r"requirements-spark\.lock"):
        Spark.from_environment({"FUNNELHOUSE_DATA": str(tmp_path)})


def test_what_the_cluster_cannot_be_asked_is_told_in_its_words(
    spark: Told, tmp_path: Path
) -> None:
    plain = Spark(Path(sys.executable), "127.0.0.1", 1, "me", tmp_path)
    with pytest.raises(DistributedError, match=r"127\.0\.0\.1:1.*pyhive"):
        list(plain.run(["select 1"]))
